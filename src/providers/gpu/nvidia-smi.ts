import { isModelProviderError } from '../../base/errors';
import { findCommand } from '../../process/os/find-command';
import { runCommand } from '../../process/os/run-command';

/** One GPU as nvidia-smi reports it. Memory is in MiB, and undefined where it reports `[N/A]`. */
export interface Gpu {
  /** In PCI order. */
  readonly index: number;
  readonly uuid: string;
  readonly usedMiB: number | undefined;
  readonly totalMiB: number | undefined;
}

/** A process that computes on a GPU. In containers nvidia-smi often lists none. */
export interface GpuProcess {
  readonly uuid: string;
  readonly pid: number;
  readonly name: string;
  readonly usedMiB: number | undefined;
}

export interface GpuReading {
  readonly gpus: readonly Gpu[];
  readonly processes: readonly GpuProcess[];
}

const limitMs = 20_000;
// No device is found, no driver is loaded, the driver's library is missing:
// https://docs.nvidia.com/deploy/nvidia-smi/index.html
const exitsWithoutGpu: readonly unknown[] = [6, 9, 12];

/** Whether nvidia-smi is installed. */
export function hasNvidiaSmi(): boolean {
  try {
    return findCommand('nvidia-smi') !== '';
  } catch (error) {
    if (isModelProviderError(error, 'COMMAND_NOT_FOUND')) return false;
    throw error;
  }
}

/**
 * Reads all GPUs and the processes that compute on them, whatever `CUDA_VISIBLE_DEVICES` says.
 *
 * @throws what running nvidia-smi throws.
 */
export async function readGpus(): Promise<GpuReading> {
  // Memory last: a process that ends between the two is still listed, so what it has held until then is not
  // taken for memory that nobody holds.
  const processes = await queryNvidiaSmi('compute-apps', 'gpu_uuid,pid,process_name,used_memory');
  return { gpus: await listGpus(), processes: processes.map(parseProcess) };
}

/**
 * All GPUs in PCI order; none if nvidia-smi finds no driver or no device, as in many containers.
 *
 * @throws what running nvidia-smi throws otherwise.
 */
export async function listGpus(): Promise<Gpu[]> {
  const rows = await queryNvidiaSmi('gpu', 'index,uuid,memory.used,memory.total').catch((error: unknown) => {
    if (exitsWithoutGpu.includes((error as { exitCode?: unknown }).exitCode)) return [];
    throw error;
  });
  // Without any GPU the output is a sentence.
  const gpus = rows.map(parseGpu).filter(({ index }) => Number.isInteger(index));
  return gpus.sort((a, b) => a.index - b.index);
}

/**
 * Queries a table of nvidia-smi.
 *
 * @param what `gpu` or `compute-apps`.
 * @param fields names of its columns, separated by commas.
 * @returns the fields of each row, trimmed; memory is in MiB.
 * @throws what running nvidia-smi throws; ModelProviderError `COMMAND_NOT_FOUND` without one.
 */
export async function queryNvidiaSmi(what: string, fields: string): Promise<string[][]> {
  const args = [`--query-${what}=${fields}`, '--format=csv,noheader,nounits'];
  const { stdout } = await runCommand(findCommand('nvidia-smi'), args, { timeoutMs: limitMs });
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(',').map((field) => field.trim()));
}

function parseGpu([index, uuid, used, total]: string[]): Gpu {
  return { index: Number(index), uuid: uuid ?? '', usedMiB: mebibytes(used), totalMiB: mebibytes(total) };
}

// The name of a process may contain commas.
function parseProcess(fields: string[]): GpuProcess {
  const [uuid = '', pid, ...rest] = fields;
  const used = rest.pop();
  return { uuid, pid: Number(pid), name: rest.join(', '), usedMiB: mebibytes(used) };
}

function mebibytes(field: string | undefined): number | undefined {
  const value = Number.parseFloat(field ?? '');
  return Number.isFinite(value) ? value : undefined;
}
