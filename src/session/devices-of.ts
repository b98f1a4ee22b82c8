import { validateDeviceNeed, type DeviceNeed } from '../pattern/device-need';
import type { AnyProvider } from '../pattern/registry';
import type { IdentityRequest } from './session-connection';
import type { WarmSource } from './warm-resources';

/**
 * What a provider says that a resource needs. Of its devices those come first on which it is warm already, and those last on which
 * others are.
 *
 * @throws ModelProviderError what the provider throws, or `PROVIDER_INVALID`.
 */
export async function devicesOf(
  provider: AnyProvider,
  { provider: prefix, name, config }: IdentityRequest,
  warm?: WarmSource,
): Promise<DeviceNeed | undefined> {
  const need = await provider.devices?.(name, config);
  if (need === undefined) return undefined;
  validateDeviceNeed(`${prefix}:${name}`, need);
  return warm === undefined ? need : warm.prefer(need, { provider: prefix, name, config });
}
