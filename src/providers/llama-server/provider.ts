import type { ModelConnection } from '../../pattern/model-connection';
import type { DeviceNeed } from '../../pattern/device-need';
import { LocalServerProvider, type GpuServerHalf } from '../local-server/provider';
import type { ModelClient } from '../openai-compatible/client';
import type { LlamaServerConfig, LlamaServerOptions } from './options';

declare module '../../pattern/client-types' {
  interface BuiltInClients {
    llama: ModelClient;
  }
  interface BuiltInConnections {
    llama: ModelConnection;
  }
}

/**
 * Runs a real `llama-server` for each model, `llama:path/to/model.gguf`, on 127.0.0.1 with a key of its own.
 *
 * @throws ModelProviderError at setup `CONFIG_INVALID` for an invalid option, `COMMAND_NOT_FOUND`,
 *   `GGUF_INVALID`, `SETUP_FAILED`, `SETUP_STALLED`.
 * @example
 * defineProviders({ llama: new LlamaServerProvider({ contextSize: 2048, slots: 4 }) });
 */
export class LlamaServerProvider extends LocalServerProvider<LlamaServerOptions, LlamaServerConfig> {
  constructor(options: LlamaServerOptions = {}) {
    super(options, {
      maxLive: options.maxLive ?? 1,
      slots: options.slots ?? 1,
      startTimeoutMs: options.startTimeoutMs ?? 600_000,
      stopTimeoutMs: 60_000,
    });
  }

  /** The GPUs that a model takes; undefined if it takes none. */
  override async devices(
    _name: string,
    config: LlamaServerConfig | undefined,
  ): Promise<DeviceNeed | undefined> {
    return this.sessionHalf().devices(this.optionsWith(config));
  }

  protected override sessionHalf(): GpuServerHalf<LlamaServerOptions> {
    return (require('./resource') as typeof import('./resource')).llamaServer;
  }
}
