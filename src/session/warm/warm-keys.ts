import { parseRequest, resourceKey } from '../../pattern/resource-spec';
import { findSupervisor } from './supervisor-address';
import { runLabel, SupervisorLink } from './supervisor-link';
import { statusRequest } from './supervisor-protocol';

/** The keys of the resources that this user's supervisor keeps warm; none if no supervisor answers. */
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
    // A request that needs the supervisor will report it.
    return [];
  }
}
