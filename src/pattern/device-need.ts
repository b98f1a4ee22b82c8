import { ModelProviderError } from './errors';
import { showValue } from './json';

/** Devices that a resource takes for itself, for example GPUs. */
export interface DeviceNeed {
  /**
   * Names of those that it may take, the first ones first. A name means the same device to all providers of a session: that is how
   * they keep out of each other's way.
   */
  readonly pool: readonly string[];
  /** How many of them it takes. */
  readonly count: number;
}

/**
 * Checks what a provider's `devices()` has answered.
 *
 * @throws ModelProviderError `PROVIDER_INVALID` if it is no {@link DeviceNeed}, or could never be met.
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
