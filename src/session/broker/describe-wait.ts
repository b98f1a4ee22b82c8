import { isUp, type LeaseDemand, type ScheduledResource } from '../scheduler/state';

/** Why a request is not served, in the words of a line of progress: it names the option that decides. */
export function describeWait(
  { key, provider, policy, need }: LeaseDemand,
  resources: Iterable<ScheduledResource>,
): string {
  const isInUse = [...resources].some((resource) => resource.key === key && isUp(resource));
  if (policy.sharing === 'exclusive' && isInUse)
    return "it is in use, and is leased to one at a time (sharing: 'exclusive')";
  const each = need === undefined ? '' : ' on each device';
  return `all places of "${provider}" are taken (maxLive: ${policy.maxLive}${each})`;
}
