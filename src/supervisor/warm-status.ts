import type { SessionEvent } from '../session/events';

/** What became of one resource, as the session's events tell. */
export interface ResourceHistory {
  readonly isReady: boolean;
  /** Nothing is left of it: a stop that failed leaves something. */
  readonly isGone: boolean;
  readonly startMs: number;
  /** That it has for itself. */
  readonly devices: readonly string[];
  /** Its server processes that are running. */
  readonly pids: readonly number[];
  /** Who leases it now, by lease. */
  readonly holders: ReadonlyMap<string, string>;
}

/** Reads the events of one resource. */
export function historyOf(events: readonly SessionEvent[], resourceId: string): ResourceHistory {
  let [isReady, isGone, startMs] = [false, false, 0];
  let devices: readonly string[] = [];
  const pids = new Set<number>();
  const holders = new Map<string, string>();
  for (const event of events) {
    if (!('resourceId' in event) || event.resourceId !== resourceId) continue;
    switch (event.type) {
      case 'starting':
        devices = event.devices;
        break;
      case 'ready':
        [isReady, startMs] = [true, event.startMs];
        break;
      case 'launched':
        pids.add(event.pid);
        break;
      case 'exited':
        pids.delete(event.pid);
        break;
      case 'leased':
        holders.set(event.leaseId, event.requester);
        break;
      case 'released':
        holders.delete(event.leaseId);
        break;
      case 'stopping':
      case 'lost':
        isReady = false;
        holders.clear();
        break;
      case 'stopped':
        isGone = true;
        break;
    }
  }
  return { isReady, isGone, startMs, devices, pids: [...pids], holders };
}
