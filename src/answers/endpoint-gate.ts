import { abortable } from '../base/abortable';
import { AdaptiveLimit } from '../base/adaptive-limit';
import { backoffMs } from '../base/backoff';
import { URL } from '../base/real-globals';

// Not the globals: tests may put fake timers in their place.
const { performance } = process.getBuiltinModule('node:perf_hooks');
const { clearInterval, setInterval } = process.getBuiltinModule('node:timers');
const { setTimeout: delay } = process.getBuiltinModule('node:timers/promises');

/** A request that was refused because there were too many (429). */
interface TooMany {
  /** When it was sent: `performance.now()`. */
  readonly sentAt: number;
  /** Milliseconds after which the server wants to be asked again, if it says so. */
  readonly retryAfterMs: number | undefined;
  /** How many milliseconds may be waited without any answer in between. */
  readonly maxWaitMs: number;
}

// A request that hangs keeps its turn. After such a time without an answer the others need not wait for it.
const usualPatienceMs = 10_000;

/**
 * Lets requests to an endpoint through: as they come, until it answers that there were too many. Then all wait
 * until the time that it names, and as many as it answers at once are in flight from then on.
 */
export class EndpointGate {
  readonly #limit = new AdaptiveLimit(Infinity);
  readonly #tell: (ms: number) => void;
  readonly #patienceMs: number;
  #pausedUntil = -Infinity;
  #pausedAt = -Infinity;
  /** Refusals since the last answer, those in flight together being one, and how long all pauses were since. */
  #refusals = 0;
  #pausedMs = 0;
  #answeredAt = -Infinity;
  #queued = 0;
  #patience: NodeJS.Timeout | undefined;

  /** @param tell called with the milliseconds of each pause that a refusal brings about. */
  constructor(tell: (ms: number) => void, patienceMs = usualPatienceMs) {
    this.#tell = tell;
    this.#patienceMs = patienceMs;
  }

  /** Milliseconds until requests are let through again; not above 0 if they are now. */
  get leftMs(): number {
    return this.#pausedUntil - performance.now();
  }

  /**
   * Resolves when a request may be sent, which is in flight from then on. No promise where it may be sent now:
   * most never wait.
   *
   * @param ends made when it has to wait. If it aborts, the promise rejects with its reason.
   */
  enter(ends: () => AbortSignal): Promise<void> | undefined {
    const turn = this.#limit.enter();
    return turn === undefined && this.leftMs <= 0 ? undefined : this.#wait(turn, ends());
  }

  async #wait(turn: Promise<void> | undefined, ends: AbortSignal): Promise<void> {
    if (turn !== undefined) await this.#queue(turn, ends);
    try {
      for (let { leftMs } = this; leftMs > 0; { leftMs } = this)
        await delay(leftMs, undefined, { signal: ends });
      ends.throwIfAborted();
    } catch {
      this.#limit.leave();
      throw ends.reason;
    }
  }

  async #queue(turn: Promise<void>, ends: AbortSignal): Promise<void> {
    this.#queued += 1;
    this.#patience ??= setInterval(() => this.#growIfSilent(), this.#patienceMs);
    try {
      await abortable(turn, ends);
    } catch (error) {
      void turn.then(() => this.#limit.leave());
      throw error;
    } finally {
      this.#queued -= 1;
      if (this.#queued === 0) {
        clearInterval(this.#patience);
        this.#patience = undefined;
      }
    }
  }

  #growIfSilent(): void {
    if (this.leftMs <= 0 && performance.now() - this.#answeredAt >= this.#patienceMs) this.#limit.grow();
  }

  /** The endpoint has taken the request. */
  answered(): void {
    this.answeredOther();
    this.#limit.succeeded();
    this.#limit.leave();
  }

  /** The endpoint has taken a request that has not come through here. */
  answeredOther(): void {
    this.#refusals = 0;
    this.#pausedMs = 0;
    this.#answeredAt = performance.now();
  }

  /** The request is over, and says nothing about how many there may be. */
  left(): void {
    this.#limit.leave();
  }

  /**
   * The endpoint has refused the request because there were too many: pauses.
   *
   * @returns whether the request may wait for its end, since the wait is not too long.
   */
  refused(tooMany: TooMany): boolean {
    this.#limit.slowDown(tooMany.sentAt, performance.now());
    this.#limit.leave();
    return this.refusedOther(tooMany);
  }

  /** As {@link refused}, of a request that has not come through here. */
  refusedOther({ sentAt, retryAfterMs, maxWaitMs }: TooMany): boolean {
    const now = performance.now();
    const isNew = sentAt >= this.#pausedAt;
    // The pause that those in flight with it have brought about counts for it too.
    if (retryAfterMs === undefined && !isNew) return true;
    const ms = pauseMs(retryAfterMs, isNew ? this.#refusals : 0);
    const addedMs = Math.max(0, ms - Math.max(0, this.leftMs));
    if (ms > maxWaitMs || this.#pausedMs + addedMs > maxWaitMs) return false;
    if (isNew) this.#refusals += 1;
    this.#pausedMs += addedMs;
    this.#pausedAt = now;
    this.pause(ms);
    this.#tell(ms);
    return true;
  }

  /** Lets nothing through for so many milliseconds, or longer, if it is paused for longer already. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + ms);
    lastPauseEnds = Math.max(lastPauseEnds, this.#pausedUntil);
  }
}

/**
 * How long a refusal pauses. A time after which the server refuses again is not meant: it becomes twice as long
 * each time, up to what it is where the server names none. So a server that names a millisecond is not asked
 * for ever.
 *
 * @param before how many refusals came before without an answer in between.
 */
function pauseMs(namedMs: number | undefined, before: number): number {
  const usualMs = backoffMs(before + 1);
  return namedMs === undefined ? usualMs : Math.max(namedMs, Math.min(namedMs * 2 ** before, usualMs));
}

/** A pause of an endpoint, named by its base URL, from now on. */
interface Pause {
  readonly endpoint: string;
  readonly ms: number;
}

const gates = new Map<string, EndpointGate>();
let lastPauseEnds = -Infinity;
let share: (pause: Pause) => void = () => undefined;

/** The gate of an endpoint, one for all its clients in this realm. */
export function gateOf(baseURL: string): EndpointGate {
  const { origin, pathname } = new URL(baseURL);
  return gateAt(`${origin}${pathname.replace(/\/+$/, '')}`);
}

function gateAt(endpoint: string): EndpointGate {
  const gate = gates.get(endpoint) ?? new EndpointGate((ms) => share({ endpoint, ms }));
  gates.set(endpoint, gate);
  return gate;
}

/** Whether any endpoint may be paused. It costs nothing to ask. */
export function isAnyPaused(): boolean {
  return performance.now() < lastPauseEnds;
}

/** Pauses an endpoint that has refused a request elsewhere. */
export function pauseEndpoint({ endpoint, ms }: Pause): void {
  gateAt(endpoint).pause(ms);
}

/** Has every pause that begins in this realm told to `tell`, as the others of the run must know it. */
export function sharePauses(tell: (pause: Pause) => void): void {
  share = tell;
}
