import type { Json } from '../base/json';
import type { Caller } from './model-calls';
import type { ResourceRef } from './resource-spec';

/** What is leased, as the tap needs it. */
export interface TappedLease {
  /** `provider:name`. */
  readonly spec: string;
  /** Whether it is of a model. */
  readonly isModel: boolean;
  readonly connection: Json;
  /** Which resource its recordings are of; undefined if there are none. */
  readonly recordedAs?: ResourceRef | undefined;
  /** Aborted when the lease ends: it tells leases apart. */
  readonly signal: AbortSignal;
}

/** What requests are passed on to: a resource that a handle leases, now or later. */
export interface TapTarget {
  /** Undefined while it is not leased. */
  readonly lease: TappedLease | undefined;
}

/** The calls of one piece of work, such as an attempt of a sample. */
export interface TapScope {
  /** Names it in requests. */
  readonly key: string;
  /** The connection to a resource whose calls are those of this piece of work. */
  connectionTo(target: TapTarget): Json;
  /**
   * Refuses all calls at its addresses from now on. Those that are under way its caller ends: see {@link Caller.begins}.
   *
   * @param isCancelled whether it ends because it must: then calls that name it are refused everywhere. Otherwise those
   *   at the address of a block or a file may well be of others: a queue starts the next call where one has ended.
   */
  end(isCancelled: boolean): void;
}

/** What sees the calls of applications under test: it gives them addresses of its own. */
export interface Tap {
  /** The connection to a resource whose calls are those of whoever makes them, as far as it can be told. */
  connectionTo(target: TapTarget): Json;
  /**
   * The connection with which a client reaches a resource whose calls are recorded. What the client reports of them is
   * not reported again.
   */
  clientConnection(lease: TappedLease): Json;
  /**
   * Begins a piece of work. Whoever begins it ends it.
   *
   * @param target what calls go to that name no resource.
   */
  begin(caller: Caller, target: TapTarget | undefined): TapScope;
}
