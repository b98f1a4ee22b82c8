import type { Gpu, GpuProcess, GpuReading } from './nvidia-smi';

/** The processes that compute on a GPU. */
export function processesOn({ uuid }: Gpu, { processes }: GpuReading): GpuProcess[] {
  return processes.filter((process) => process.uuid === uuid);
}

/** The same GPU in another reading; undefined if that does not list it. */
export function sameGpu({ uuid }: Gpu, { gpus }: GpuReading): Gpu | undefined {
  return gpus.find((gpu) => gpu.uuid === uuid);
}

/**
 * MiB in use. A GPU that shares the machine's memory does not report its own use: its processes are added up.
 */
export function usedMiB(gpu: Gpu, reading: GpuReading): number {
  return gpu.usedMiB ?? processesOn(gpu, reading).reduce((sum, process) => sum + (process.usedMiB ?? 0), 0);
}

/** Why a GPU has too little free memory; undefined if it has enough, or does not report how much it has. */
export function lackOfMemory(
  gpu: Gpu,
  reading: GpuReading,
  neededMiB: number,
  wish: string,
): string | undefined {
  const { index, totalMiB } = gpu;
  if (totalMiB === undefined) return undefined;
  const freeMiB = totalMiB - usedMiB(gpu, reading);
  if (freeMiB >= neededMiB) return undefined;
  const [free, total, needed] = [freeMiB, totalMiB, neededMiB].map(gibibytes);
  return `GPU ${index} has ${free} of ${total} GiB free, and ${wish} ${needed} GiB; ${describeProcesses(processesOn(gpu, reading))}`;
}

export function gibibytes(MiB: number): string {
  return (MiB / 1024).toFixed(2);
}

export function describeProcesses(processes: readonly GpuProcess[]): string {
  if (processes.length === 0) return 'nvidia-smi names no process that holds it';
  const each = processes.map(
    ({ pid, name, usedMiB: MiB }) => `pid ${pid} (${name})${MiB === undefined ? '' : ` with ${MiB} MiB`}`,
  );
  return `held by ${each.join(', ')}`;
}
