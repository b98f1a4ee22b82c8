import {
  checkedElsewhere,
  checkOptionsOf,
  text,
  texts,
  whole,
  type OptionRule,
} from '../../base/option-rules';
import { deviceOption } from '../gpu/pool';
import {
  argumentNames,
  eachStart,
  loopbackOnly,
  refuseReserved,
  type Reserved,
} from '../local-server/reserved';

/** Options for every server that the provider starts. */
export interface LlamaServerOptions {
  /** The llama-server binary; by default the variable `LLAMA_SERVER`, else `llama-server` on PATH. */
  readonly command?: string;
  /** Context tokens per slot. 4096 by default. */
  readonly contextSize?: number;
  /** Requests that one server answers at once. 1 by default. */
  readonly slots?: number;
  /** Layers on the GPU; by default all of them, if the build supports a GPU. */
  readonly gpuLayers?: number;
  /**
   * The GPUs to spread each model over, by nvidia-smi's index. By default all that `CUDA_VISIBLE_DEVICES`
   * leaves; with `gpuLayers: 0` none. They are allocated exclusively: no model of another provider lives
   * there meanwhile. `[]` hides all GPUs from the server.
   */
  readonly devices?: readonly number[];
  /** Threads for generation; by default llama-server decides. */
  readonly threads?: number;
  /** Further arguments of the server. Never put a secret here. */
  readonly extraArgs?: readonly string[];
  /**
   * How many servers may live at once, on each GPU if they take GPUs. 1 by default, since weights are large.
   */
  readonly maxLive?: number;
  /** Milliseconds a start may take; 600,000 by default. */
  readonly startTimeoutMs?: number;
  /** Milliseconds without any sign of life after which a start is aborted; 120,000 by default. */
  readonly startStallMs?: number;
}

/** What one resource may set for itself. */
export type LlamaServerConfig = {
  contextSize?: number;
  slots?: number;
  gpuLayers?: number;
  threads?: number;
  extraArgs?: string[];
};

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

// What the spec and the start of a server decide.
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
 * Checks the options of one server: those of the provider and of the resource together.
 *
 * @throws ModelProviderError `CONFIG_INVALID` naming option, value and what is allowed.
 */
export function validateLlamaServerOptions(options: LlamaServerOptions): void {
  checkOptionsOf('llama-server', options, rules, 'What llama-server alone knows goes into extraArgs.');
  refuseReserved('llama-server', 'extraArgs', argumentNames(options.extraArgs ?? []), flags);
}
