import type { ScheduledResource, Waiter } from './state';

/** The requests that are not granted yet, oldest first. */
export class WaitQueue implements Iterable<Waiter> {
  #waiters: readonly Waiter[] = [];

  get all(): readonly Waiter[] {
    return this.#waiters;
  }

  [Symbol.iterator](): Iterator<Waiter> {
    return this.#waiters[Symbol.iterator]();
  }

  /** Adds a request at the position that its `since` gives it. */
  add(waiter: Waiter): void {
    this.#waiters = [...this.#waiters, waiter].sort((a, b) => a.since - b.since);
  }

  /** Moves a request to the position directly before another one. */
  moveBefore(waiter: Waiter, other: Waiter): void {
    this.remove(waiter);
    waiter.since = other.since;
    this.#waiters = this.#waiters.flatMap((each) => (each === other ? [waiter, other] : [each]));
  }

  remove(waiter: Waiter): void {
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
  }

  clear(): void {
    this.#waiters = [];
  }

  find(id: string): Waiter | undefined {
    return this.#waiters.find((waiter) => waiter.id === id);
  }

  /** The requests that came before this one. */
  before(waiter: Waiter): readonly Waiter[] {
    return this.#waiters.slice(0, this.#waiters.indexOf(waiter));
  }

  /** The requests that wait for the start of a resource. */
  for(resource: ScheduledResource): Waiter[] {
    return this.#waiters.filter((waiter) => waiter.resource === resource);
  }
}
