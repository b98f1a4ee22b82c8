import {
  checkedElsewhere,
  checkOptionsOf,
  flag,
  isObject,
  text,
  texts,
  whole,
  type OptionRule,
} from '../../pattern/option-rules';
import { deviceOption } from '../gpu/pool';
import type { VLLMOptions } from './provider';
import { refuseWhatLeasesDecide } from './reserved';

const textByName: OptionRule = {
  allows: (value) => isObject(value) && Object.values(value).every((item) => typeof item === 'string'),
  wanted: 'an object of texts',
};
const dtypes = ['auto', 'half', 'float16', 'bfloat16', 'float', 'float32'];

const rules: Record<keyof VLLMOptions, OptionRule> = {
  command: text,
  devices: deviceOption,
  maxModelLen: whole(1),
  gpuMemoryUtilization: {
    allows: (value) => typeof value === 'number' && value > 0 && value <= 1,
    wanted: 'a number above 0 and at most 1',
  },
  tensorParallelSize: whole(1),
  dtype: { allows: (value) => dtypes.includes(value as string), wanted: `one of ${dtypes.join(', ')}` },
  quantization: text,
  enforceEager: flag,
  servedModelName: text,
  loraAdapters: textByName,
  revision: text,
  trustRemoteCode: flag,
  extraArgs: texts,
  env: { ...textByName, isSecret: true },
  sleep: flag,
  startStallMs: whole(1),
  answerStallMs: whole(1),
  stopGraceMs: whole(1),
  maxLive: checkedElsewhere,
  slots: checkedElsewhere,
  startTimeoutMs: checkedElsewhere,
};

/**
 * Checks the options of a server, those of the provider and of the resource together.
 *
 * @throws ModelProviderError `CONFIG_INVALID` naming option, value and what is allowed.
 */
export function validateVllmOptions(options: VLLMOptions): void {
  checkOptionsOf('vllm', options, rules, 'What vLLM alone knows goes into extraArgs.');
  refuseWhatLeasesDecide(options);
}
