import type { ScheduledLease, ScheduledResource } from './scheduled';

/** Knows which resources live only for others that depend on them. */
export class Dependents {
  readonly #resources: ReadonlyMap<string, ScheduledResource>;
  readonly #leases: ReadonlyMap<string, ScheduledLease>;

  constructor(
    resources: ReadonlyMap<string, ScheduledResource>,
    leases: ReadonlyMap<string, ScheduledLease>,
  ) {
    this.#resources = resources;
    this.#leases = leases;
  }

  /** The resources that lease this one. */
  of(resource: ScheduledResource): ScheduledResource[] {
    return [...new Set(this.#holders(resource).filter((holder) => holder !== undefined))];
  }

  /** Whether it has no leases, or only such as belong to resources that are evictable themselves. */
  isEvictable(resource: ScheduledResource): boolean {
    return (
      resource.state === 'ready' &&
      this.#holders(resource).every((holder) => holder !== undefined && this.isEvictable(holder))
    );
  }

  /** Whether it has leases on others. */
  hasLeases(resource: ScheduledResource): boolean {
    return [...this.#leases.values()].some(({ holder }) => holder === resource.id);
  }

  /** Whether it is being stopped or put to sleep, or leased by nobody but resources that are on their way out. */
  isEmptying(resource: ScheduledResource): boolean {
    if (resource.state === 'stopping' || resource.state === 'fallingAsleep') return true;
    const holders = this.#holders(resource);
    return holders.length > 0 && holders.every((holder) => holder !== undefined && this.isEmptying(holder));
  }

  /** Who holds each of its leases; undefined is a user. */
  #holders(resource: ScheduledResource): (ScheduledResource | undefined)[] {
    return [...resource.leases].map((id) => this.#resources.get(this.#leases.get(id)?.holder ?? ''));
  }
}
