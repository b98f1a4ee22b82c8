import { isObject } from '../../base/json';
import {
  checkedElsewhere,
  checkOptionsOf,
  flag,
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

/** How one model is served. An option that is left out has vLLM's own default. */
export type VLLMConfig = {
  /** The most tokens of prompt and answer together. */
  maxModelLen?: number;
  /** Share of each GPU's memory that vLLM may take, above 0 and at most 1. */
  gpuMemoryUtilization?: number;
  /** The number of GPUs that one model is spread over. 1 by default. */
  tensorParallelSize?: number;
  /** The type of weights and activations: `auto`, `half`, `float16`, `bfloat16`, `float` or `float32`. */
  dtype?: string;
  /** The quantization method, if the model's own configuration does not name it. */
  quantization?: string;
  /** Disables compilation and CUDA graphs: starts faster, generates slower. */
  enforceEager?: boolean;
  /** The model's name in requests; by default the name of the repository or directory. */
  servedModelName?: string;
  /** LoRA adapters, each a directory or a repository, by the model names that select them in requests. */
  loraAdapters?: Record<string, string>;
  /** Branch, tag or commit of the model's repository. */
  revision?: string;
  /** Allows code that comes with the model to run on this machine. Off by default. */
  trustRemoteCode?: boolean;
  /** Further arguments of the server. Never put a secret here. */
  extraArgs?: string[];
  /** Further environment variables of the server. */
  env?: Record<string, string>;
};

/** Options for every server that the provider starts. */
export interface VLLMOptions extends Readonly<VLLMConfig> {
  /**
   * `vllm`, or the `python` of an environment with vLLM; by default the variable `VLLM_COMMAND`, else `vllm`
   * on PATH.
   */
  readonly command?: string;
  /**
   * The GPUs to use, by nvidia-smi's index; by default all that `CUDA_VISIBLE_DEVICES` leaves. `[]` for none:
   * vLLM on a CPU.
   */
  readonly devices?: readonly number[];
  /** How many models may live at once on one GPU, or in total if there is no GPU. 1 by default. */
  readonly maxLive?: number;
  /**
   * Whether a model whose place is needed sleeps instead of being stopped: its weights wait in the machine's
   * memory and need not be loaded again. Every sleep and every wake is verified; after a failure the model is
   * stopped. Needs NVIDIA GPUs, and turns vLLM's development mode on. Off by default.
   */
  readonly sleep?: boolean;
  /** Requests sent to one server at once: the default concurrency of `foreach`. 32 by default. */
  readonly slots?: number;
  /** Milliseconds a start may take; 600,000 by default. */
  readonly startTimeoutMs?: number;
  /** Milliseconds without any sign of life after which a start is aborted; 120,000 by default. */
  readonly startStallMs?: number;
  /**
   * Milliseconds without any progress of a ready server's engine, although it was asked for a token, after
   * which the engine counts as hung and the resource is lost; 120,000 by default.
   */
  readonly answerStallMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL; 15,000 by default. */
  readonly stopGraceMs?: number;
}

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

// What the lease and the start of a server decide.
const variables: Reserved = {
  CUDA_VISIBLE_DEVICES: 'use the option devices',
  CUDA_DEVICE_ORDER: 'devices are counted in PCI order',
  VLLM_API_KEY: eachStart,
};
const flags: Reserved = {
  '--host': loopbackOnly,
  '--port': eachStart,
  '--uds': loopbackOnly,
  '--api-key': eachStart,
  '--served-model-name': 'use the option servedModelName',
  '--tensor-parallel-size': 'use the option tensorParallelSize',
  '-tp': 'use the option tensorParallelSize',
};

/**
 * Checks the options of one server: those of the provider and of the resource together.
 *
 * @throws ModelProviderError `CONFIG_INVALID` naming option, value and what is allowed.
 */
export function validateVllmOptions(options: VLLMOptions): void {
  checkOptionsOf('vllm', options, rules, 'What vLLM alone knows goes into extraArgs.');
  refuseReserved('vllm', 'env', Object.keys(options.env ?? {}), variables);
  refuseReserved('vllm', 'extraArgs', argumentNames(options.extraArgs ?? []), flags);
}
