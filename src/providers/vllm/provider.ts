import type { ProviderConstraints } from '../../pattern/constraints';
import type { DeviceNeed } from '../../pattern/device-need';
import type { Json } from '../../pattern/json';
import { ModelProvider } from '../../pattern/model-provider';
import type { ClientContext, ResourceContext } from '../../pattern/resource-context';
import { ModelClient, type ModelConnection } from '../openai-compatible/client';

/** How one model is served. What is left out is vLLM's own default. */
export type VLLMConfig = {
  /** Tokens of prompt and answer together that one request may have. */
  maxModelLen?: number;
  /** Share of each GPU's memory that vLLM may take, above 0 and at most 1. */
  gpuMemoryUtilization?: number;
  /** GPUs that one model is spread over. 1 by default. */
  tensorParallelSize?: number;
  /** Of weights and activations: `auto`, `half`, `float16`, `bfloat16`, `float` or `float32`. */
  dtype?: string;
  /** The method of quantization, where the model's own configuration does not say it. */
  quantization?: string;
  /** No compilation and no CUDA graphs: starts faster, generates slower. */
  enforceEager?: boolean;
  /** The model's name in requests; by default the repository's name, or that of the directory. */
  servedModelName?: string;
  /** LoRA adapters by the names under which requests ask for them, each a directory or a repository. */
  loraAdapters?: Record<string, string>;
  /** Branch, tag or commit of the model's repository. */
  revision?: string;
  /** Lets code that comes with the model run on this machine. Off by default. */
  trustRemoteCode?: boolean;
  /** Further arguments, as vLLM takes them. Never put a secret here. */
  extraArgs?: string[];
  /** Further environment variables of the server. */
  env?: Record<string, string>;
};

/** Options for every server that the provider starts. */
export interface VLLMOptions extends Readonly<VLLMConfig> {
  /**
   * `vllm`, or the `python` of an environment that has vLLM in it; by default the variable `VLLM_COMMAND`, else `vllm` on PATH.
   */
  readonly command?: string;
  /** The GPUs to use, by nvidia-smi's index; by default all that `CUDA_VISIBLE_DEVICES` leaves. `[]` for none: vLLM on a CPU. */
  readonly devices?: readonly number[];
  /** How many models may live on one GPU at once, or in all where there is no GPU. 1 by default. */
  readonly maxLive?: number;
  /**
   * Whether a model that has to make room for another one sleeps instead of being stopped: its weights wait in the machine's memory, so
   * that it need not be loaded again. Every sleep and every wake is verified, and what fails is stopped. Needs NVIDIA GPUs, and turns
   * vLLM's development mode on. Off by default.
   */
  readonly sleep?: boolean;
  /** Requests sent to one server at once: the default concurrency of `foreach`. 32 by default. */
  readonly slots?: number;
  /** Milliseconds a start may take; 600,000 by default. */
  readonly startTimeoutMs?: number;
  /** Milliseconds without any sign of life after which a start is given up; 120,000 by default. */
  readonly startStallMs?: number;
  /**
   * Milliseconds in which the engine of a server that is ready does nothing at all, although a token was asked for, after which it
   * hangs and the resource is lost; 120,000 by default.
   */
  readonly answerStallMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL; 15,000 by default. */
  readonly stopGraceMs?: number;
}

declare module '../../pattern/client-types' {
  interface BuiltInClients {
    vllm: ModelClient;
  }
}

// After the grace period: to kill what is left, and to see the GPU's memory again.
const afterGraceMs = 45_000;

/**
 * Runs a real vLLM server for each model, `vllm:Qwen/Qwen3-0.6B` or `vllm:./directory`, on 127.0.0.1 with a key of its own. One model
 * lives on a GPU at a time: the next one starts when the last is gone and the GPU has its memory back.
 *
 * @throws ModelProviderError at setup `CONFIG_INVALID`, `COMMAND_NOT_FOUND`, `SETUP_FAILED`, `SETUP_STALLED`.
 * @example
 * defineProviders({ vllm: new VLLMProvider({ maxModelLen: 8192, gpuMemoryUtilization: 0.85 }) });
 */
export class VLLMProvider extends ModelProvider<ModelClient, ModelConnection, VLLMConfig> {
  readonly constraints: ProviderConstraints;
  readonly #options: VLLMOptions;

  constructor(options: VLLMOptions = {}) {
    super();
    this.#options = options;
    this.constraints = {
      maxLive: options.maxLive ?? 1,
      sharing: 'shared',
      retain: 'session',
      slots: options.slots ?? 32,
      startTimeoutMs: options.startTimeoutMs ?? 600_000,
      stopTimeoutMs: (options.stopGraceMs ?? 15_000) + afterGraceMs,
    };
  }

  /** The GPUs that a model may take, and how many it takes; undefined where there is none. */
  override async devices(_name: string, config: VLLMConfig | undefined): Promise<DeviceNeed | undefined> {
    const { vllmDevices } = require('./resource') as typeof import('./resource');
    return vllmDevices({ ...this.#options, ...config });
  }

  async createResource(
    name: string,
    config: VLLMConfig | undefined,
    context: ResourceContext,
  ): Promise<ModelConnection> {
    // Loaded here, in the session's process only; by require(), so that it also works inside Jest's VM without flags.
    const { startVllm } = require('./resource') as typeof import('./resource');
    return startVllm(name, { ...this.#options, ...config }, context);
  }

  override async identity(name: string, config: VLLMConfig | undefined): Promise<Json> {
    const { vllmIdentity } = require('./identity') as typeof import('./identity');
    return vllmIdentity(name, { ...this.#options, ...config });
  }

  createClient(connection: ModelConnection, context: ClientContext): ModelClient {
    return new ModelClient(connection, context);
  }
}
