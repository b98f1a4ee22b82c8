import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DeviceNeed } from '../../pattern/device-need';
import { ModelProviderError } from '../../base/errors';
import type { ResourceContext } from '../../pattern/resource-context';
import { guardMemory, type GuardedMemory } from '../gpu/memory-gate';
import { hasNvidiaSmi } from '../gpu/nvidia-smi';
import { gpuNeed } from '../gpu/pool';
import { SleepingMemory } from '../gpu/sleeping-memory';
import type { GpuServerHalf } from '../local-server/provider';
import { startLocalServer } from '../local-server/start-local-server';
import { servedName, vllmArguments } from './arguments';
import { vllmCommand } from './command';
import { watchEngine } from './engine-watch';
import { vllmEnvironment, vllmPassEnv, vllmSecrets } from './environment';
import { vllmHints, vllmPortConflict } from './failures';
import { vllmIdentity } from './identity';
import { vllmModel, type VllmModel } from './model';
import { validateVllmOptions, type VLLMOptions } from './options';
import { VllmSleep } from './sleep';
import { weightsMiB } from './weights';
import type { ModelConnection } from '../../pattern/model-connection';

// vLLM's own default is 0.92 or less, depending on its version.
const leastUtilization = 0.9;
const defaultStallMs = 120_000;

/** The session half of the provider. */
export const vllm: GpuServerHalf<VLLMOptions> = {
  devices: vllmDevices,
  start: startVllm,
  identity: vllmIdentity,
};

/**
 * The GPUs that a model may take, and how many of them it takes.
 *
 * @throws ModelProviderError `CONFIG_INVALID`, and `SETUP_FAILED` if nvidia-smi fails.
 */
async function vllmDevices(options: VLLMOptions): Promise<DeviceNeed | undefined> {
  validateVllmOptions(options);
  if (options.sleep === true) requireNvidiaSmi();
  const need = await gpuNeed('vllm', options.devices, options.tensorParallelSize ?? 1);
  if (options.sleep === true && need === undefined) {
    const found =
      options.devices?.length === 0
        ? 'devices is []: name some'
        : 'there is none to use here; see nvidia-smi and CUDA_VISIBLE_DEVICES';
    throw cannotSleep(`vLLM sleeps on GPUs alone, and ${found}, or leave sleep out.`);
  }
  return need;
}

/** Only nvidia-smi can show that a sleeping model has given its memory back. */
function requireNvidiaSmi(): void {
  if (hasNvidiaSmi()) return;
  throw cannotSleep(
    "there is no nvidia-smi on PATH; leave sleep out, or install NVIDIA's driver and its tools.",
  );
}

function cannotSleep(why: string): ModelProviderError {
  return new ModelProviderError('CONFIG_INVALID', `vllm: sleep is true, but ${why}`, {
    details: { option: 'sleep' },
  });
}

/**
 * Starts one vLLM server on the devices of the lease if they have memory for it. Verifies at its end that
 * their memory is free again.
 *
 * @throws ModelProviderError `CONFIG_INVALID`, `COMMAND_NOT_FOUND`, `SETUP_FAILED`, `SETUP_STALLED`.
 */
async function startVllm(
  name: string,
  options: VLLMOptions,
  context: ResourceContext,
): Promise<ModelConnection> {
  validateVllmOptions(options);
  const { program, serve } = vllmCommand(options.command);
  const model = vllmModel(name);
  const memory =
    options.devices?.length === 0
      ? undefined
      : await guardMemory(context, options.gpuMemoryUtilization ?? leastUtilization);
  const temporary = makeTemporary(context);
  const sleep = sleepOf(memory, model, options);
  const connection = await startLocalServer(
    {
      title: context.spec,
      command: program,
      model: servedName(model, options),
      // Only this launch's own name proves which server answers if another process listens on the same port.
      askByNonce: true,
      args: (port, nonce) => [...serve, ...vllmArguments(model, options, { port, nonce })],
      env: (apiKey) =>
        vllmEnvironment(options, { apiKey, temporary, isLocal: model.isLocal, devices: context.devices }),
      passEnv: vllmPassEnv,
      secrets: vllmSecrets(options),
      ...(sleep && { lastCheck: (server) => sleep.firstAnswer(server) }),
      graceMs: options.stopGraceMs ?? 15_000,
      stallMs: options.startStallMs ?? defaultStallMs,
      portConflict: vllmPortConflict,
      hints: vllmHints,
      watch: (server) =>
        watchEngine(server, options.answerStallMs ?? 120_000, context, () => sleep?.isResting === true),
    },
    context,
  );
  if (sleep !== undefined) context.canSleep(sleep);
  return connection;
}

function sleepOf(
  memory: GuardedMemory | undefined,
  model: VllmModel,
  { sleep, revision, startStallMs = defaultStallMs }: VLLMOptions,
): VllmSleep | undefined {
  if (sleep !== true || memory === undefined) return undefined;
  return new VllmSleep({
    memory: new SleepingMemory(memory),
    weightsMiB: () => weightsMiB(model, revision),
    answerMs: startStallMs,
  });
}

/** A directory beside the resource's own, whose name is too long for the path of a socket. */
function makeTemporary(context: ResourceContext): string {
  const directory = mkdtempSync(join(dirname(context.directory), 't-'));
  context.defer('remove its temporary files', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
