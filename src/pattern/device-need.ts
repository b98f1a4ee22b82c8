import { ModelProviderError } from '../base/errors';
import { showValue } from '../base/json';

/** The devices that a resource needs for itself, for example GPUs. */
export interface DeviceNeed {
  /**
   * Names of the devices that it may take, in order of preference. A name means the same device to all
   * providers of a session, so that no two of them allocate it at once.
   */
  readonly pool: readonly string[];
  /** How many of them it takes. */
  readonly count: number;
}

/**
 * Checks what a provider's `devices()` has returned.
 *
 * @throws ModelProviderError `PROVIDER_INVALID` if it is not a {@link DeviceNeed}, or can never be met.
 */
export function validateDeviceNeed(spec: string, need: unknown): asserts need is DeviceNeed {
  const { pool, count } = (need ?? {}) as Record<string, unknown>;
  const isPool = Array.isArray(pool) && new Set(pool).size === pool.length;
  if (isPool && Number.isInteger(count) && (count as number) >= 1 && (count as number) <= pool.length) return;
  throw new ModelProviderError(
    'PROVIDER_INVALID',
    `The provider of "${spec}" needs devices that cannot be had: devices() gave ${showValue(need)}; it must be { pool, count }, with count from 1 to the number of different names in pool.`,
    { details: { spec } },
  );
}
