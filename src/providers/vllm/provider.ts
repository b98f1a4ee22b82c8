import type { ModelConnection } from '../../pattern/model-connection';
import type { DeviceNeed } from '../../pattern/device-need';
import { LocalServerProvider, type GpuServerHalf } from '../local-server/provider';
import type { ModelClient } from '../openai-compatible/client';
import type { VLLMConfig, VLLMOptions } from './options';

declare module '../../pattern/client-types' {
  interface BuiltInClients {
    vllm: ModelClient;
  }
  interface BuiltInConnections {
    vllm: ModelConnection;
  }
}

// After the grace period: killing what is left, and waiting until the GPU's memory is free.
const afterGraceMs = 45_000;

/**
 * Runs a real vLLM server for each model, `vllm:Qwen/Qwen3-0.6B` or `vllm:./directory`, on 127.0.0.1 with a
 * key of its own. One model lives on a GPU at a time: the next one starts when the last has ended and the
 * GPU's memory is free.
 *
 * @throws ModelProviderError at setup `CONFIG_INVALID`, `COMMAND_NOT_FOUND`, `SETUP_FAILED`, `SETUP_STALLED`.
 * @example
 * defineProviders({ vllm: new VLLMProvider({ maxModelLen: 8192, gpuMemoryUtilization: 0.85 }) });
 */
export class VLLMProvider extends LocalServerProvider<VLLMOptions, VLLMConfig> {
  constructor(options: VLLMOptions = {}) {
    super(options, {
      maxLive: options.maxLive ?? 1,
      slots: options.slots ?? 32,
      startTimeoutMs: options.startTimeoutMs ?? 600_000,
      stopTimeoutMs: (options.stopGraceMs ?? 15_000) + afterGraceMs,
    });
  }

  /** The GPUs that a model may take, and how many of them it takes; undefined if there is none. */
  override async devices(_name: string, config: VLLMConfig | undefined): Promise<DeviceNeed | undefined> {
    return this.sessionHalf().devices(this.optionsWith(config));
  }

  protected override sessionHalf(): GpuServerHalf<VLLMOptions> {
    return (require('./resource') as typeof import('./resource')).vllm;
  }
}
