import type { LiveResource } from './live-resource';

/** The resources of a session, by the names that the scheduler has for them. */
export class LiveResources {
  readonly #byScheduled = new Map<string, LiveResource>();
  readonly #instances = new Map<string, number>();

  get all(): LiveResource[] {
    return [...this.#byScheduled.values()];
  }

  /** A `resourceId` that no other instance of the session has had. */
  newId(spec: string): string {
    const instance = (this.#instances.get(spec) ?? 0) + 1;
    this.#instances.set(spec, instance);
    return `${spec}#${instance}`;
  }

  add(scheduledId: string, live: LiveResource): void {
    this.#byScheduled.set(scheduledId, live);
  }

  delete(scheduledId: string): void {
    this.#byScheduled.delete(scheduledId);
  }

  get(scheduledId: string): LiveResource {
    const live = this.#byScheduled.get(scheduledId);
    if (live === undefined) throw new Error(`No resource ${scheduledId}`);
    return live;
  }

  /** The scheduler's name for it; empty once it is gone. */
  scheduledId(live: LiveResource): string {
    return [...this.#byScheduled].find(([, resource]) => resource === live)?.[0] ?? '';
  }
}
