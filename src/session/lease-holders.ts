import type { SessionEvent } from './events';
import type { LeaseDemand, ScheduledLease } from './scheduled';

/** Who holds what the requests of a circle wait for, for messages. */
export function describeHolders(
  demands: readonly LeaseDemand[],
  leases: Iterable<ScheduledLease>,
  events: readonly SessionEvent[],
): string[] {
  const providers = new Set(demands.map(({ provider }) => provider));
  return [...leases].flatMap(({ id, resource }) => {
    const leased = events.findLast((event) => event.type === 'leased' && event.leaseId === id);
    if (!providers.has(resource.provider) || leased?.type !== 'leased') return [];
    return [`${leased.resourceId} is held by ${leased.requester}`];
  });
}
