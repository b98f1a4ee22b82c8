import type { LeaseHolder, SessionEvent } from '../session/events/events';

/** What became of one resource, as the session's events tell. */
export interface ResourceHistory {
  readonly isReady: boolean;
  /** Whether nothing is left of it: a stop that failed leaves something. */
  readonly isGone: boolean;
  /** Milliseconds that its start took. */
  readonly startMs: number;
  /** Devices that are allocated to it alone. */
  readonly devices: readonly string[];
  /** Its server processes that are running. */
  readonly pids: ReadonlySet<number>;
  /** Who leases it now, by lease. */
  readonly holders: ReadonlyMap<string, LeaseHolder>;
}

type Mutable = { -readonly [Key in keyof ResourceHistory]: ResourceHistory[Key] } & {
  readonly pids: Set<number>;
  readonly holders: Map<string, LeaseHolder>;
};

/** What became of the resources of one session. Each event is read once, at the first question after it. */
export class ResourceHistories {
  readonly #events: readonly SessionEvent[];
  readonly #byId = new Map<string, Mutable>();
  #read = 0;

  /** @param events the session's own record, to which it goes on adding. */
  constructor(events: readonly SessionEvent[]) {
    this.#events = events;
  }

  of(resourceId: string): ResourceHistory {
    for (const event of this.#events.slice(this.#read))
      if ('resourceId' in event) note(event, this.#get(event.resourceId));
    this.#read = this.#events.length;
    return this.#get(resourceId);
  }

  #get(resourceId: string): Mutable {
    const known = this.#byId.get(resourceId) ?? unknown();
    this.#byId.set(resourceId, known);
    return known;
  }
}

function unknown(): Mutable {
  return { isReady: false, isGone: false, startMs: 0, devices: [], pids: new Set(), holders: new Map() };
}

function note(event: SessionEvent, history: Mutable): void {
  switch (event.type) {
    case 'starting':
      history.devices = event.devices;
      break;
    case 'ready':
      history.isReady = true;
      history.startMs = event.startMs;
      break;
    case 'launched':
      history.pids.add(event.pid);
      break;
    case 'exited':
      history.pids.delete(event.pid);
      break;
    case 'leased':
      history.holders.set(event.leaseId, event.holder);
      break;
    case 'released':
      history.holders.delete(event.leaseId);
      break;
    case 'stopping':
    case 'lost':
      history.isReady = false;
      history.holders.clear();
      break;
    case 'stopped':
      history.isGone = true;
      break;
  }
}
