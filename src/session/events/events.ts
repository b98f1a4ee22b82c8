/** Who holds a lease: a resource that depends on the leased one, or the code that asked for it, in words. */
export type LeaseHolder = { readonly resourceId: string } | { readonly label: string };

/**
 * How a resource ended: by itself while it was up, by a start that failed or was given up, or as the session
 * decided.
 */
export type ResourceEnd = 'died' | 'startFailed' | 'planned';

/** Something that happened to a resource or a lease. */
export type SessionEvent = SessionEventBody & {
  /** Milliseconds since the session was opened. */
  readonly atMs: number;
};

export type SessionEventBody =
  | { readonly type: 'requested'; readonly spec: string; readonly requester: string }
  | {
      readonly type: 'starting';
      readonly spec: string;
      readonly resourceId: string;
      /** Devices that are allocated to this resource alone; empty if its provider names none. */
      readonly devices: readonly string[];
    }
  | {
      readonly type: 'launched';
      readonly resourceId: string;
      readonly pid: number;
      readonly command: string;
    }
  | {
      readonly type: 'exited';
      readonly resourceId: string;
      readonly pid: number;
      readonly code: number | null;
      readonly signal: string | null;
    }
  /** It was warm already: leased from the supervisor whose process id is `from`, and not loaded. */
  | {
      readonly type: 'borrowed';
      readonly spec: string;
      readonly resourceId: string;
      readonly from: number;
      readonly waitedMs: number;
    }
  /** A borrowed resource was given back to the supervisor, which keeps it warm. */
  | { readonly type: 'returned'; readonly resourceId: string }
  | { readonly type: 'ready'; readonly spec: string; readonly resourceId: string; readonly startMs: number }
  | {
      readonly type: 'leased';
      readonly resourceId: string;
      readonly leaseId: string;
      readonly holder: LeaseHolder;
      readonly waitedMs: number;
    }
  | { readonly type: 'released'; readonly resourceId: string; readonly leaseId: string }
  /** It gave its devices up for another resource, and did not end. */
  | { readonly type: 'slept'; readonly resourceId: string; readonly sleepMs: number }
  | { readonly type: 'woke'; readonly resourceId: string; readonly wakeMs: number }
  | { readonly type: 'stopping'; readonly resourceId: string; readonly reason: string }
  | {
      readonly type: 'stopped';
      readonly resourceId: string;
      readonly stopMs: number;
      readonly ended: ResourceEnd;
    }
  | {
      readonly type: 'lost';
      readonly resourceId: string;
      readonly reason: string;
      readonly code: number | null;
      readonly signal: string | null;
    }
  | {
      readonly type: 'failed';
      readonly resourceId: string;
      readonly phase: 'start' | 'stop';
      readonly code: string;
      readonly message: string;
    }
  | { readonly type: 'noted'; readonly spec: string; readonly resourceId: string; readonly message: string }
  | { readonly type: 'kept'; readonly resourceId: string; readonly message: string }
  | { readonly type: 'refused'; readonly spec: string; readonly requester: string; readonly code: string };

/** The holder of a lease as text, for messages. */
export function describeHolder(holder: LeaseHolder): string {
  return 'resourceId' in holder ? `resource ${holder.resourceId}` : holder.label;
}

/** The append-only record of a session. */
export class EventRecord {
  readonly #events: SessionEvent[] = [];
  readonly #opened = performance.now();

  get events(): readonly SessionEvent[] {
    return this.#events;
  }

  add(body: SessionEventBody): void {
    this.#events.push({ ...body, atMs: Math.round(performance.now() - this.#opened) });
  }
}
