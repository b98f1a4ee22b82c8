import { basename, resolve } from 'node:path';
import type { DeviceNeed } from '../../pattern/device-need';
import type { ResourceContext } from '../../pattern/resource-context';
import { checkGguf } from '../embedded/gguf/gguf';
import { guardMemory } from '../gpu/memory-gate';
import { gpuNeed, visibleDevices } from '../gpu/pool';
import type { GpuServerHalf } from '../local-server/provider';
import { startLocalServer, type LocalServer } from '../local-server/start-local-server';
import { llamaServerCommand } from './command';
import { llamaServerHints, llamaServerPortConflict } from './failures';
import { llamaServerIdentity } from './identity';
import { validateLlamaServerOptions, type LlamaServerOptions } from './options';
import type { ModelConnection } from '../../pattern/model-connection';

/** The session half of the provider. */
export const llamaServer: GpuServerHalf<LlamaServerOptions> = {
  devices: llamaServerDevices,
  start: startLlamaServer,
  identity: llamaServerIdentity,
};

/**
 * The GPUs that a model takes. llama-server puts its layers on every device that its build supports, so a
 * server takes all GPUs unless the options say otherwise.
 *
 * @throws ModelProviderError `CONFIG_INVALID`, and `SETUP_FAILED` if nvidia-smi fails.
 */
async function llamaServerDevices(options: LlamaServerOptions): Promise<DeviceNeed | undefined> {
  validateLlamaServerOptions(options);
  // llama-server spreads its layers over all GPUs that it sees.
  return takesNoGpu(options) ? undefined : gpuNeed('llama-server', options.devices);
}

function takesNoGpu({ devices, gpuLayers }: LlamaServerOptions): boolean {
  return devices === undefined ? gpuLayers === 0 : devices.length === 0;
}

/**
 * Starts one llama-server. After a failure the file is checked: in llama-server's log a missing and a corrupt
 * file look the same.
 *
 * @throws ModelProviderError `CONFIG_INVALID`, `COMMAND_NOT_FOUND`, `GGUF_INVALID`, `SETUP_FAILED`,
 *   `SETUP_STALLED`.
 */
async function startLlamaServer(
  name: string,
  options: LlamaServerOptions,
  context: ResourceContext,
): Promise<ModelConnection> {
  validateLlamaServerOptions(options);
  const file = resolve(name);
  const server = localServer(file, options, context);
  // llama-server does not say beforehand how much memory it will take.
  if (context.devices.length > 0) await guardMemory(context, 0);
  try {
    return await startLocalServer(server, context);
  } catch (error) {
    if (!context.signal.aborted) checkGguf(file);
    throw error;
  }
}

function localServer(file: string, options: LlamaServerOptions, context: ResourceContext): LocalServer {
  const { contextSize = 4096, slots = 1, gpuLayers, threads, extraArgs = [] } = options;
  const { devices, spec } = context;
  const model = modelName(file);
  return {
    title: spec,
    command: llamaServerCommand(options.command),
    model,
    args: (port, nonce) => [
      // A tag, not a second alias: llama-server sorts its aliases and answers under the first.
      ...['-m', file, '--alias', model, '--tags', nonce, '--host', '127.0.0.1', '--port', String(port)],
      // llama-server divides its context among the slots.
      ...['-c', String(contextSize * slots), '-np', String(slots)],
      ...(gpuLayers === undefined ? [] : ['-ngl', String(gpuLayers)]),
      ...(threads === undefined ? [] : ['-t', String(threads)]),
      // Otherwise context and layers shrink to the memory that other processes leave, and evaluations change
      // with them.
      ...['--fit', 'off', '--offline'],
      ...extraArgs,
    ],
    // The argument of the second has had two names. As a variable it is ignored by a build that has another
    // one.
    env: (apiKey) => ({
      LLAMA_API_KEY: apiKey,
      LLAMA_ARG_UI: 'off',
      // It would compute prompts on a GPU that it sees even without layers there.
      ...(devices.length > 0 || takesNoGpu(options) ? visibleDevices(devices) : {}),
    }),
    passEnv: ['CUDA_VISIBLE_DEVICES', 'HIP_VISIBLE_DEVICES', 'GGML_VK_VISIBLE_DEVICES', 'OMP_NUM_THREADS'],
    // It has nothing to save, and a request that waits for its place waits for its end.
    graceMs: 0,
    stallMs: options.startStallMs ?? 120_000,
    portConflict: llamaServerPortConflict,
    hints: llamaServerHints,
  };
}

/** The model's name in requests. llama-server splits its aliases at commas and trims them. */
function modelName(file: string): string {
  return basename(file).replaceAll(',', '_').trim();
}
