import { ModelProviderError } from '../../pattern/errors';
import { showValue } from '../../pattern/json';
import { nearest } from '../../pattern/nearest';
import { deviceOption } from '../gpu/pool';
import type { VLLMOptions } from './provider';

interface Rule {
  allows(value: unknown): boolean;
  readonly wanted: string;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const text: Rule = { allows: isText, wanted: 'a text that is not empty' };
const flag: Rule = { allows: (value) => typeof value === 'boolean', wanted: 'true or false' };
const texts: Rule = {
  allows: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  wanted: 'an array of texts',
};
const textByName: Rule = {
  allows: (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((item) => typeof item === 'string'),
  wanted: 'an object of texts',
};
const whole = (least: number): Rule => ({
  allows: (value) => Number.isInteger(value) && (value as number) >= least,
  wanted: `a whole number of at least ${least}`,
});
// The session checks those that become constraints.
const checkedElsewhere: Rule = { allows: () => true, wanted: '' };

const dtypes = ['auto', 'half', 'float16', 'bfloat16', 'float', 'float32'];

const rules: Record<keyof VLLMOptions, Rule> = {
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
  env: textByName,
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
  for (const [option, value] of Object.entries(options) as [string, unknown][]) {
    const rule = Object.hasOwn(rules, option) ? rules[option as keyof VLLMOptions] : undefined;
    if (rule === undefined) throw unknownOption(option);
    if (value === undefined || rule.allows(value)) continue;
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `vllm: ${option} is ${showValue(value)}; it must be ${rule.wanted}.`,
      { details: { option } },
    );
  }
}

function unknownOption(option: string): ModelProviderError {
  const meant = nearest(option, Object.keys(rules));
  return new ModelProviderError(
    'CONFIG_INVALID',
    `vllm: there is no option ${option}${meant === undefined ? '.' : `; did you mean ${meant}?`} What vLLM alone knows goes into extraArgs.`,
    { details: { option } },
  );
}
