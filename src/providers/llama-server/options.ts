import {
  checkedElsewhere,
  checkOptionsOf,
  text,
  texts,
  whole,
  type OptionRule,
} from '../../pattern/option-rules';
import { deviceOption } from '../gpu/pool';
import {
  argumentNames,
  eachStart,
  loopbackOnly,
  refuseReserved,
  type Reserved,
} from '../local-server/reserved';
import type { LlamaServerOptions } from './provider';

const rules: Record<keyof LlamaServerOptions, OptionRule> = {
  command: text,
  contextSize: whole(1),
  slots: whole(1),
  gpuLayers: whole(0),
  devices: deviceOption,
  threads: whole(1),
  extraArgs: texts,
  startStallMs: whole(1),
  maxLive: checkedElsewhere,
  startTimeoutMs: checkedElsewhere,
};

const flags: Reserved = {
  '--host': loopbackOnly,
  '--port': eachStart,
  '--api-key': eachStart,
  '--api-key-file': eachStart,
  '--model': 'the spec names it',
  '-m': 'the spec names it',
  '--alias': "it is the file's name",
  '-a': "it is the file's name",
};

/**
 * Checks the options of a server, those of the provider and of the resource together.
 *
 * @throws ModelProviderError `CONFIG_INVALID` naming option, value and what is allowed.
 */
export function validateLlamaServerOptions(options: LlamaServerOptions): void {
  checkOptionsOf('llama-server', options, rules, 'What llama-server alone knows goes into extraArgs.');
  refuseReserved('llama-server', 'extraArgs', argumentNames(options.extraArgs ?? []), flags);
}
