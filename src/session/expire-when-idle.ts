import type { ScheduledResource } from './scheduled';
import type { Scheduler } from './scheduler';

/** Lets the retention of a resource that has just become idle end in its time, if it has one and nobody uses it till then. */
export function expireWhenIdle(resource: ScheduledResource, scheduler: Scheduler): void {
  const { retain } = resource.policy;
  if (typeof retain === 'string') return;
  const { lastUsed } = resource;
  const expire = (): void => {
    if (resource.lastUsed === lastUsed) scheduler.expire(resource.id);
  };
  setTimeout(expire, retain.idleMs).unref();
}
