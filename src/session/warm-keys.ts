import { parseRequest, resourceKey } from '../pattern/resource-spec';
import { findSupervisor } from './supervisor-address';
import { runLabel, SupervisorLink } from './supervisor-link';
import { statusRequest } from './supervisor-protocol';

/** The keys of what this user's supervisor keeps warm; none where there is no supervisor that answers. */
export async function warmKeys(): Promise<string[]> {
  const address = findSupervisor();
  if (address === undefined) return [];
  try {
    const link = await SupervisorLink.open(address, { label: runLabel() });
    const { resources } = await link.ask(statusRequest, null).finally(() => link.close());
    return resources.map((resource) => {
      const { provider, name, config } = parseRequest(resource, undefined);
      return resourceKey(provider, name, config);
    });
  } catch {
    // Whoever needs it will say so.
    return [];
  }
}
