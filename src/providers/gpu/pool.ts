import type { DeviceNeed } from '../../pattern/device-need';
import { messageOf, ModelProviderError } from '../../base/errors';
import type { OptionRule } from '../../base/option-rules';
import { hasNvidiaSmi, listGpus, type Gpu } from './nvidia-smi';

/**
 * The GPUs that a server may take: of those of this machine that `CUDA_VISIBLE_DEVICES` leaves, in PCI order,
 * the ones that the option names. Undefined if there is none.
 *
 * @param count how many the server takes; all of them if not given.
 * @throws ModelProviderError `CONFIG_INVALID` if the option names one that is masked out or does not exist,
 *   or if there are too few; `SETUP_FAILED` if nvidia-smi fails.
 */
export async function gpuNeed(
  provider: string,
  wanted: readonly number[] | undefined,
  count?: number,
): Promise<DeviceNeed | undefined> {
  if (wanted?.length === 0) return undefined;
  const visible = await visibleGpus();
  // If neither nvidia-smi nor the mask tells which GPUs there are, the option is trusted.
  const known = visible ?? wanted?.map(String) ?? [];
  const chosen = wanted?.map(String) ?? known;
  const missing = chosen.find((id) => !known.includes(id));
  if (missing !== undefined) {
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `${provider}: devices names GPU ${missing}, but ${known.length === 0 ? 'there is none' : `only ${known.join(', ')} can be used`} here; see nvidia-smi and CUDA_VISIBLE_DEVICES.`,
      { details: { device: missing } },
    );
  }
  if (chosen.length === 0) return undefined;
  if (count !== undefined && chosen.length < count) {
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `${provider}: tensorParallelSize is ${count}, but there ${chosen.length === 1 ? 'is 1 GPU' : `are ${chosen.length} GPUs`} to use: ${chosen.join(', ')}.`,
      { details: { count, devices: chosen } },
    );
  }
  return { pool: chosen.map((id) => `gpu:${id}`), count: count ?? chosen.length };
}

/** The rule for the option `devices`. */
export const deviceOption: OptionRule = {
  allows: (value) =>
    Array.isArray(value) &&
    value.every((item) => Number.isInteger(item) && (item as number) >= 0) &&
    new Set(value).size === value.length,
  wanted: 'an array of different GPU indexes, as nvidia-smi numbers them',
};

/**
 * The variables that restrict a server to its devices. In PCI order, so that an index means the same GPU to
 * CUDA and to nvidia-smi.
 */
export function visibleDevices(devices: readonly string[]): Record<string, string> {
  return {
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    CUDA_VISIBLE_DEVICES: devices.map((device) => device.replace(/^gpu:/, '')).join(','),
  };
}

/**
 * The GPUs that `CUDA_VISIBLE_DEVICES` leaves of this machine's; undefined if neither it nor nvidia-smi tells
 * which there are.
 */
async function visibleGpus(): Promise<string[] | undefined> {
  const mask = process.env['CUDA_VISIBLE_DEVICES'];
  if (!hasNvidiaSmi()) return mask === undefined ? undefined : masked(mask);
  const gpus = await listGpus().catch((error: unknown) => {
    throw new ModelProviderError(
      'SETUP_FAILED',
      `nvidia-smi does not tell which GPUs there are; give devices: [] to do without. ${messageOf(error)}`,
      { cause: error },
    );
  });
  return mask === undefined ? gpus.map(({ index }) => String(index)) : masked(mask, gpus);
}

/**
 * The devices of a mask, each once: an index stays, the beginning of a GPU's UUID becomes its index, a MIG
 * device stays as it is. As in CUDA, an entry that names no device (a negative number, a missing GPU) ends
 * the list. https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#cuda-environment-variables
 *
 * @param gpus the GPUs of this machine; undefined if they are not known.
 */
function masked(mask: string, gpus?: readonly Gpu[]): string[] {
  const ids = mask.split(',').map((entry) => deviceOf(entry.trim(), gpus));
  const end = ids.indexOf(undefined);
  return [...new Set((end < 0 ? ids : ids.slice(0, end)) as string[])];
}

function deviceOf(entry: string, gpus: readonly Gpu[] | undefined): string | undefined {
  if (entry === '' || entry.startsWith('-')) return undefined;
  if (gpus === undefined || entry.startsWith('MIG-')) return entry;
  const gpu = gpus.find(({ index, uuid }) =>
    entry.startsWith('GPU-') ? uuid.startsWith(entry) : String(index) === entry,
  );
  return gpu && String(gpu.index);
}
