import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DeviceNeed } from '../../pattern/device-need';
import type { ResourceContext } from '../../pattern/resource-context';
import { guardMemory } from '../gpu/memory-gate';
import { gpuNeed } from '../gpu/pool';
import { startLocalServer } from '../local-server/start-local-server';
import type { ModelConnection } from '../openai-compatible/client';
import { servedName, vllmArguments } from './arguments';
import { vllmCommand } from './command';
import { watchEngine } from './engine-watch';
import { vllmEnvironment, vllmPassEnv, vllmSecrets } from './environment';
import { vllmHints, vllmPortConflict } from './failures';
import { vllmModel } from './model';
import { validateVllmOptions } from './options';
import type { VLLMOptions } from './provider';

// vLLM's own default is 0.92 or less, by its version.
const leastUtilization = 0.9;

/** @throws ModelProviderError `CONFIG_INVALID`. */
export async function vllmDevices(options: VLLMOptions): Promise<DeviceNeed | undefined> {
  validateVllmOptions(options);
  return gpuNeed('vllm', options.devices, options.tensorParallelSize ?? 1);
}

/**
 * Starts one vLLM server on the devices of the lease, when they have memory for it, and makes sure of their memory when it has ended.
 *
 * @throws ModelProviderError `CONFIG_INVALID`, `COMMAND_NOT_FOUND`, `SETUP_FAILED`, `SETUP_STALLED`.
 */
export async function startVllm(
  name: string,
  options: VLLMOptions,
  context: ResourceContext,
): Promise<ModelConnection> {
  validateVllmOptions(options);
  const { program, serve } = vllmCommand(options.command);
  const model = vllmModel(name);
  if (options.devices?.length !== 0) {
    await guardMemory(context, options.gpuMemoryUtilization ?? leastUtilization);
  }
  const temporary = makeTemporary(context);
  return startLocalServer(
    {
      title: context.spec,
      command: program,
      model: servedName(model, options),
      // Only the name that this launch alone has shows who answers, should somebody listen on the same port.
      askByNonce: true,
      args: (port, nonce) => [...serve, ...vllmArguments(model, options, { port, nonce })],
      env: (apiKey) =>
        vllmEnvironment(options, { apiKey, temporary, isLocal: model.isLocal, devices: context.devices }),
      passEnv: vllmPassEnv,
      secrets: vllmSecrets(options),
      graceMs: options.stopGraceMs ?? 15_000,
      stallMs: options.startStallMs ?? 120_000,
      portConflict: vllmPortConflict,
      hints: vllmHints,
      watch: (server) => watchEngine(server, options.answerStallMs ?? 120_000, context),
    },
    context,
  );
}

/** Beside the resource's own directory, whose name is too long for the path of a socket. */
function makeTemporary(context: ResourceContext): string {
  const directory = mkdtempSync(join(dirname(context.directory), 't-'));
  context.defer('remove its temporary files', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
