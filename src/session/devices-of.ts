import { validateDeviceNeed, type DeviceNeed } from '../pattern/device-need';
import type { Json } from '../pattern/json';
import type { AnyProvider } from '../pattern/registry';

/**
 * What a provider says that a resource needs.
 *
 * @throws ModelProviderError what the provider throws, or `PROVIDER_INVALID`.
 */
export async function devicesOf(
  provider: AnyProvider,
  spec: string,
  name: string,
  config: Json | undefined,
): Promise<DeviceNeed | undefined> {
  const need = await provider.devices?.(name, config);
  if (need === undefined) return undefined;
  validateDeviceNeed(spec, need);
  return need;
}
