import type { ProviderConstraints } from '../../pattern/constraints';
import type { DeviceNeed } from '../../pattern/device-need';
import type { Json } from '../../pattern/json';
import { ModelProvider } from '../../pattern/model-provider';
import type { ClientContext, ResourceContext } from '../../pattern/resource-context';
import { ModelClient, type ModelConnection } from '../openai-compatible/client';

/** Options for every server that the provider starts. */
export interface LlamaServerOptions {
  /** The llama-server binary; by default the variable `LLAMA_SERVER`, else `llama-server` on PATH. */
  readonly command?: string;
  /** Context tokens per slot. 4096 by default. */
  readonly contextSize?: number;
  /** Requests answered at once. 1 by default. */
  readonly slots?: number;
  /** Layers on the GPU; all by default where the build has one. */
  readonly gpuLayers?: number;
  /**
   * The GPUs to spread each model over, by nvidia-smi's index; all that `CUDA_VISIBLE_DEVICES` leaves by default, with `gpuLayers: 0`
   * none. They are its own: no other provider's model lives there meanwhile. `[]` shows it none.
   */
  readonly devices?: readonly number[];
  /** Threads for generation; llama-server's own choice by default. */
  readonly threads?: number;
  /** Further arguments, as llama-server takes them. Never put a secret here. */
  readonly extraArgs?: readonly string[];
  /** How many servers may live at once, on each GPU where they take some; 1 by default, since weights are large. */
  readonly maxLive?: number;
  /** Milliseconds a start may take; 600,000 by default. */
  readonly startTimeoutMs?: number;
  /** Milliseconds without any sign of life after which a start is given up; 120,000 by default. */
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

declare module '../../pattern/client-types' {
  interface BuiltInClients {
    llama: ModelClient;
  }
}

/**
 * Runs a real `llama-server` for each model, `llama:path/to/model.gguf`, on 127.0.0.1 with a key of its own.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for an absurd option; at setup `COMMAND_NOT_FOUND`, `GGUF_INVALID`,
 *   `SETUP_FAILED`, `SETUP_STALLED`.
 * @example
 * defineProviders({ llama: new LlamaServerProvider({ contextSize: 2048, slots: 4 }) });
 */
export class LlamaServerProvider extends ModelProvider<ModelClient, ModelConnection, LlamaServerConfig> {
  readonly constraints: ProviderConstraints;
  readonly #options: LlamaServerOptions;

  constructor(options: LlamaServerOptions = {}) {
    super();
    this.#options = options;
    this.constraints = {
      maxLive: options.maxLive ?? 1,
      sharing: 'shared',
      retain: 'session',
      slots: options.slots ?? 1,
      startTimeoutMs: options.startTimeoutMs ?? 600_000,
      stopTimeoutMs: 60_000,
    };
  }

  /** The GPUs that a model takes; undefined where it takes none. */
  override async devices(
    _name: string,
    config: LlamaServerConfig | undefined,
  ): Promise<DeviceNeed | undefined> {
    const { llamaServerDevices } = require('./resource') as typeof import('./resource');
    return llamaServerDevices({ ...this.#options, ...config });
  }

  async createResource(
    name: string,
    config: LlamaServerConfig | undefined,
    context: ResourceContext,
  ): Promise<ModelConnection> {
    // Loaded here, in the session's process only; by require(), so that it also works inside Jest's VM without flags.
    const { startLlamaServer } = require('./resource') as typeof import('./resource');
    return startLlamaServer(name, { ...this.#options, ...config }, context);
  }

  override async identity(name: string, config: LlamaServerConfig | undefined): Promise<Json> {
    const { llamaServerIdentity } = require('./identity') as typeof import('./identity');
    return llamaServerIdentity(name, { ...this.#options, ...config });
  }

  createClient(connection: ModelConnection, context: ClientContext): ModelClient {
    return new ModelClient(connection, context);
  }
}
