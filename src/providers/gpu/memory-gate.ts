import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, ModelProviderError } from '../../pattern/errors';
import type { ResourceContext } from '../../pattern/resource-context';
import { processEntry } from '../../process/process-identity';
import { hasNvidiaSmi, readGpus, type Gpu, type GpuProcess, type GpuReading } from './nvidia-smi';

const pollMs = 250;
const recoveryMs = 30_000;
const slack = { share: 0.05, leastMiB: 512, mostMiB: 2048 };

/**
 * Refuses a start on devices that have too little memory for it, and makes sure at its end that they have their memory back: the
 * processes of a killed server are gone long before the driver has freed what they held. What is compared is the memory before the
 * start, since after a crash it may already be back. Where it does not come back the stop fails, and so the device stays taken,
 * until trying again finds it free.
 *
 * @throws ModelProviderError `SETUP_FAILED` naming the device, its memory and who holds it.
 */
export async function guardMemory(
  context: ResourceContext,
  utilization: number,
  limitMs = recoveryMs,
): Promise<void> {
  if (!hasNvidiaSmi()) {
    context.note('GPU memory is not checked before and after it, since there is no nvidia-smi');
    return;
  }
  if (context.devices.length === 0) return;
  const before = await readGpus();
  const gpus = before.gpus.filter(({ index }) => context.devices.includes(`gpu:${index}`));
  for (const gpu of gpus) refuseIfFull(context.spec, gpu, before, utilization);
  context.defer('memory of its GPUs', async () => {
    const warnings = await untilRecovered(gpus, before, limitMs);
    for (const warning of warnings) context.note(warning);
  });
}

function refuseIfFull(spec: string, gpu: Gpu, reading: GpuReading, utilization: number): void {
  const { totalMiB } = gpu;
  if (totalMiB === undefined) return;
  const freeMiB = totalMiB - usedMiB(gpu, reading);
  if (freeMiB >= utilization * totalMiB) return;
  const [free, total, wanted] = [freeMiB, totalMiB, utilization * totalMiB].map((MiB) =>
    (MiB / 1024).toFixed(2),
  );
  throw new ModelProviderError(
    'SETUP_FAILED',
    [
      `${spec}: GPU ${gpu.index} has ${free} of ${total} GiB free, and gpuMemoryUtilization ${utilization} asks for ${wanted} GiB; ${describe(processesOn(gpu, reading))}.`,
      'What to do: Lower gpuMemoryUtilization, or stop what holds the memory.',
    ].join('\n'),
    { details: { device: gpu.index } },
  );
}

/** Resolves to what a person should know, once nothing of the server is left on the devices. */
async function untilRecovered(gpus: readonly Gpu[], before: GpuReading, limitMs: number): Promise<string[]> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const verdicts = await readGpus().then(
      (now) => gpus.map((gpu) => judge(gpu, before, now)),
      // No answer is no proof.
      (error: unknown): Verdict[] => [{ held: `nvidia-smi failed: ${messageOf(error)}` }],
    );
    const held = verdicts.flatMap((verdict) => verdict.held ?? []);
    if (held.length === 0) return verdicts.flatMap(({ warning }) => warning ?? []);
    if (performance.now() >= deadline) {
      throw new Error(`${held.join('; ')} (${Math.round(limitMs / 1000)} s after its processes ended)`);
    }
    await delay(pollMs);
  }
}

/** Why a device is not free yet, or what a person should know although it is. */
interface Verdict {
  readonly held?: string;
  readonly warning?: string;
}

function judge(gpu: Gpu, before: GpuReading, now: GpuReading): Verdict {
  const current = now.gpus.find(({ uuid }) => uuid === gpu.uuid);
  if (current === undefined) return { held: `GPU ${gpu.index} is not there any more` };
  const listed = processesOn(gpu, now);
  const known = new Set(processesOn(gpu, before).map(({ pid }) => pid));
  // All of the server's processes have ended, but the driver still counts them.
  const ending = listed.filter(({ pid }) => !known.has(pid) && !isAlive(pid));
  if (ending.length > 0) return { held: `GPU ${gpu.index} is not free again: ${describe(ending)}` };
  const [used, usedBefore] = [usedMiB(current, now), usedMiB(gpu, before)];
  if (used <= usedBefore + slackMiB(gpu)) return {};
  const found = `GPU ${gpu.index} has ${used} MiB in use, ${usedBefore} MiB before its start; ${describe(listed)}`;
  // Whose memory it is cannot be told where others compute too; none of ours does.
  return listed.length > 0 ? { warning: found } : { held: found };
}

function processesOn({ uuid }: Gpu, { processes }: GpuReading): GpuProcess[] {
  return processes.filter((process) => process.uuid === uuid);
}

/** GPUs that share the machine's memory do not say how much of it they use. */
function usedMiB(gpu: Gpu, reading: GpuReading): number {
  return gpu.usedMiB ?? processesOn(gpu, reading).reduce((sum, process) => sum + (process.usedMiB ?? 0), 0);
}

function slackMiB({ totalMiB = 0 }: Gpu): number {
  return Math.min(Math.max(slack.share * totalMiB, slack.leastMiB), slack.mostMiB);
}

function isAlive(pid: number): boolean {
  return processEntry(pid)?.isZombie === false;
}

function describe(processes: readonly GpuProcess[]): string {
  if (processes.length === 0) return 'nvidia-smi names no process that holds it';
  const each = processes.map(
    ({ pid, name, usedMiB: MiB }) => `pid ${pid} (${name})${MiB === undefined ? '' : ` with ${MiB} MiB`}`,
  );
  return `held by ${each.join(', ')}`;
}
