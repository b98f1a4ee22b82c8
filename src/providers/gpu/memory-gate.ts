import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, ModelProviderError } from '../../pattern/errors';
import type { ResourceContext } from '../../pattern/resource-context';
import { processEntry } from '../../process/process-identity';
import { describeProcesses, lackOfMemory, processesOn, sameGpu, usedMiB } from './gpu-memory';
import { hasNvidiaSmi, readGpus, type Gpu, type GpuReading } from './nvidia-smi';

/** The memory of a server's devices, from before its start until its end. */
export interface GuardedMemory {
  readonly gpus: readonly Gpu[];
  /** The share of each that such a server takes. */
  readonly utilization: number;
  /** What there was without the server. */
  before: GpuReading;
  /** Whether it has given its devices up, so that others use them. */
  isAsleep: boolean;
}

const pollMs = 250;
const recoveryMs = 30_000;
const slack = { share: 0.05, leastMiB: 512, mostMiB: 2048 };

/** Of all servers that this process let through and whose processes have not ended. */
const present = new Set<GuardedMemory>();

/**
 * Refuses a start on devices that have too little memory for it, and makes sure at its end that they have their memory back: the
 * processes of a killed server are gone long before the driver has freed what they held. What is compared is the memory before the
 * start, since after a crash it may already be back. Where it does not come back the stop fails, and so the device stays taken,
 * until trying again finds it free.
 *
 * @returns undefined where there is nothing to guard.
 * @throws ModelProviderError `SETUP_FAILED` naming the device, its memory and who holds it.
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
    // Parts of GPUs (MIG) have no line of their own.
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

/** Why a device is not free yet, or what a person should know although it is. */
export interface Verdict {
  readonly held?: string;
  readonly warning?: string;
}

/**
 * Asks again and again until no verdict holds a device.
 *
 * @returns what a person should know.
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
      // No answer is no proof.
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
  // All of the server's processes have ended, but the driver still counts them.
  const ending = listed.filter(({ pid }) => !known.has(pid) && !isAlive(pid));
  if (ending.length > 0) return { held: `GPU ${gpu.index} is not free again: ${describeProcesses(ending)}` };
  // It had given its memory back, and others have it now; or it has shared the GPU all along, and the rest is theirs.
  if (isAsleep || hasCompany(gpu, memory)) return {};
  const [used, usedBefore] = [usedMiB(gpu, now), usedMiB(sameGpu(gpu, before) ?? gpu, before)];
  if (used <= usedBefore + slackMiB(gpu)) return {};
  const found = `GPU ${gpu.index} has ${used} MiB in use, ${usedBefore} MiB before its start; ${describeProcesses(listed)}`;
  // Whose memory it is cannot be told where others compute too; none of ours does.
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
