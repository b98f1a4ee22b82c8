import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, ModelProviderError } from '../../base/errors';
import type { ResourceContext } from '../../pattern/resource-context';
import { processEntry } from '../../process/os/process-identity';
import { describeProcesses, lackOfMemory, processesOn, sameGpu, usedMiB } from './gpu-memory';
import { hasNvidiaSmi, readGpus, type Gpu, type GpuReading } from './nvidia-smi';

/** The memory of a server's devices, from before its start until its end. */
export interface GuardedMemory {
  readonly gpus: readonly Gpu[];
  /** The share of each device's memory that such a server takes. */
  readonly utilization: number;
  /** The latest reading without the server's own memory. */
  before: GpuReading;
  /** Whether the server sleeps, so that others use its devices. */
  isAsleep: boolean;
}

const pollMs = 250;
const recoveryMs = 30_000;
const slack = { share: 0.05, leastMiB: 512, mostMiB: 2048 };

/** The memory of all servers that this process let start and whose processes have not ended. */
const present = new Set<GuardedMemory>();

/**
 * Refuses a start on devices with too little memory for it, and verifies at the server's end that the memory
 * is free again: the processes of a killed server are gone long before the driver has freed their memory. The
 * measure is the memory in use before the start, since after a crash the memory may be free already. If it
 * does not become free the stop fails, so the device stays taken until a later attempt finds it free.
 *
 * @returns undefined if there is nothing to guard.
 * @throws ModelProviderError `SETUP_FAILED` naming the device, its memory and the processes that hold it.
 */
export async function guardMemory(
  context: ResourceContext,
  utilization: number,
  limitMs = recoveryMs,
): Promise<GuardedMemory | undefined> {
  if (!hasNvidiaSmi()) {
    context.note('GPU memory is not checked before and after it, since there is no nvidia-smi');
    return undefined;
  }
  if (context.devices.length === 0) return undefined;
  const before = await readGpus();
  const gpus = before.gpus.filter(({ index }) => context.devices.includes(`gpu:${index}`));
  if (gpus.length < context.devices.length) {
    // nvidia-smi has no line for a part of a GPU (MIG).
    context.note('GPU memory is not checked before and after it, since nvidia-smi does not list its device');
  }
  for (const gpu of gpus) refuseIfFull(context.spec, gpu, before, utilization);
  const memory: GuardedMemory = { gpus, utilization, before, isAsleep: false };
  present.add(memory);
  context.defer('memory of its GPUs', async () => {
    present.delete(memory);
    const warnings = await untilFree(memory, judgeEnd, limitMs, 'its processes ended');
    for (const warning of warnings) context.note(warning);
  });
  return memory;
}

/** Why a device is not free yet, or a warning about one that is. */
export interface Verdict {
  readonly held?: string;
  readonly warning?: string;
}

/**
 * Reads the devices again and again until no verdict holds one.
 *
 * @returns the warnings of the last verdicts.
 * @throws an `Error` with what holds the devices when the time is up; the signal's reason.
 */
export async function untilFree(
  memory: GuardedMemory,
  judge: (gpu: Gpu, now: GpuReading, memory: GuardedMemory) => Verdict,
  limitMs: number,
  beginning: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const verdicts = await readGpus().then(
      (now) => memory.gpus.map((gpu) => judgeIfThere(gpu, now, (current) => judge(current, now, memory))),
      // A failed reading does not prove that the device is free.
      (error: unknown): Verdict[] => [{ held: `nvidia-smi failed: ${messageOf(error)}` }],
    );
    const held = verdicts.flatMap((verdict) => verdict.held ?? []);
    if (held.length === 0) return verdicts.flatMap(({ warning }) => warning ?? []);
    if (performance.now() >= deadline) {
      throw new Error(`${held.join('; ')} (${Math.round(limitMs / 1000)} s after ${beginning})`);
    }
    await delay(pollMs, undefined, { signal });
  }
}

function refuseIfFull(spec: string, gpu: Gpu, reading: GpuReading, utilization: number): void {
  const needed = utilization * (gpu.totalMiB ?? 0);
  const lack = lackOfMemory(gpu, reading, needed, `gpuMemoryUtilization ${utilization} asks for`);
  if (lack === undefined) return;
  throw new ModelProviderError(
    'SETUP_FAILED',
    [`${spec}: ${lack}.`, 'What to do: Lower gpuMemoryUtilization, or stop what holds the memory.'].join(
      '\n',
    ),
    { details: { device: gpu.index } },
  );
}

function judgeIfThere(gpu: Gpu, now: GpuReading, judge: (current: Gpu) => Verdict): Verdict {
  const current = sameGpu(gpu, now);
  return current === undefined ? { held: `GPU ${gpu.index} is not there any more` } : judge(current);
}

function judgeEnd(gpu: Gpu, now: GpuReading, memory: GuardedMemory): Verdict {
  const { before, isAsleep } = memory;
  const listed = processesOn(gpu, now);
  const known = new Set(processesOn(gpu, before).map(({ pid }) => pid));
  // The server's processes have ended, but the driver still lists them.
  const ending = listed.filter(({ pid }) => !known.has(pid) && !isAlive(pid));
  if (ending.length > 0) return { held: `GPU ${gpu.index} is not free again: ${describeProcesses(ending)}` };
  // A server that slept has given its memory back, and others hold it now. A server that shared the GPU all
  // along leaves the memory of the others.
  if (isAsleep || hasCompany(gpu, memory)) return {};
  const [used, usedBefore] = [usedMiB(gpu, now), usedMiB(sameGpu(gpu, before) ?? gpu, before)];
  if (used <= usedBefore + slackMiB(gpu)) return {};
  const found = `GPU ${gpu.index} has ${used} MiB in use, ${usedBefore} MiB before its start; ${describeProcesses(listed)}`;
  // With other processes on the GPU the owner of the memory is unknown; none of the server's processes is
  // left.
  return listed.length > 0 ? { warning: found } : { held: found };
}

function hasCompany({ uuid }: Gpu, memory: GuardedMemory): boolean {
  return [...present].some(
    (other) => other !== memory && !other.isAsleep && other.gpus.some((gpu) => gpu.uuid === uuid),
  );
}

function slackMiB({ totalMiB = 0 }: Gpu): number {
  return Math.min(Math.max(slack.share * totalMiB, slack.leastMiB), slack.mostMiB);
}

function isAlive(pid: number): boolean {
  return processEntry(pid)?.isZombie === false;
}
