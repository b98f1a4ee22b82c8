import { AsyncLocalStorage } from 'node:async_hooks';
import type { Activity } from '../../pattern/session-client';

/**
 * The code that a lease belongs to: a file, a describe block, a test, a sample, or what follows a setup
 * within one of them.
 */
export interface Owner {
  /** Its name in messages; empty if it needs none. */
  readonly label: string;
  readonly parent: Owner | undefined;
  readonly leases: Set<OwnedLease>;
  /** Whether it is the code that follows a setup, made by {@link Owners.enter}. */
  readonly isStep: boolean;
  /** Whether it is such a step that has not asked for a lease yet. */
  isFresh: boolean;
}

export interface OwnedLease {
  readonly leaseId: string;
  owner: Owner;
}

/**
 * Tells, for every lease request, which leases the requesting code holds and cannot give back while it waits:
 * those of its own chain of execution, and those of the blocks around it. Code that runs beside it
 * (`Promise.all`, concurrent samples and tests) is not in that chain: siblings wait for each other, while a
 * real cycle is detected at once.
 */
export class Owners {
  readonly root: Owner;
  readonly #present = new AsyncLocalStorage<Owner>();
  readonly #leases = new Set<OwnedLease>();

  constructor(label: string) {
    this.root = makeOwner(label, undefined);
  }

  get current(): Owner {
    return this.#present.getStore() ?? this.root;
  }

  /**
   * Makes the code after this call, in the same chain of execution, the owner of what it leases. Must be
   * called before anything is awaited: from there on the caller's continuation carries the new owner too.
   */
  enter(): void {
    const { current } = this;
    if (current.isFresh) return;
    const owner = makeOwner('', nearestHolder(current), true);
    this.#present.enterWith(owner);
  }

  /** Begins an activity; leases that are left at its end pass to its parent. */
  begin(label: string, parent = this.current): Activity {
    const owner = makeOwner(label, parent);
    return {
      run: (fn) => this.#present.run(owner, fn),
      end: () => {
        for (const lease of this.#leases) if (isWithin(lease.owner, owner)) this.#move(lease, parent);
      },
    };
  }

  /** Runs `fn` as an activity that ends with it. */
  async run<T>(label: string, fn: () => Promise<T> | T, parent = this.current): Promise<T> {
    const activity = this.begin(label, parent);
    try {
      return await activity.run(fn);
    } finally {
      activity.end();
    }
  }

  /** Runs `fn` as code of an existing owner. */
  runIn<T>(owner: Owner, fn: () => T): T {
    return this.#present.run(owner, fn);
  }

  child(label: string, parent: Owner): Owner {
    return makeOwner(label, parent);
  }

  /** The ids of the leases that the current code cannot give back while it waits. */
  holding(): string[] {
    return chain(this.current).flatMap((owner) => [...owner.leases].map(({ leaseId }) => leaseId));
  }

  /** Gives a lease to `owner`; call the result when the lease has ended. */
  attach(leaseId: string, owner: Owner): { lease: OwnedLease; detach: () => void } {
    const lease: OwnedLease = { leaseId, owner };
    owner.leases.add(lease);
    this.#leases.add(lease);
    const detach = (): void => {
      lease.owner.leases.delete(lease);
      this.#leases.delete(lease);
    };
    return { lease, detach };
  }

  /** The labels of an owner and those around it: `describe > test`. */
  describe(owner = this.current): string {
    return chain(owner)
      .map(({ label }) => label)
      .filter((label) => label !== '')
      .reverse()
      .join(' > ');
  }

  #move(lease: OwnedLease, owner: Owner): void {
    lease.owner.leases.delete(lease);
    lease.owner = owner;
    owner.leases.add(lease);
  }
}

/** Whether `owner` is `ancestor`, or lies within it. */
export function isWithin(owner: Owner, ancestor: Owner): boolean {
  return chain(owner).includes(ancestor);
}

function makeOwner(label: string, parent: Owner | undefined, isStep = false): Owner {
  return { label, parent, leases: new Set(), isStep, isFresh: isStep };
}

function chain(owner: Owner): Owner[] {
  const owners: Owner[] = [];
  for (let at: Owner | undefined = owner; at !== undefined; at = at.parent) owners.push(at);
  return owners;
}

// Setups and teardowns in a loop must not make the chain longer each time.
function nearestHolder(owner: Owner): Owner {
  let at = owner;
  while (at.isStep && at.leases.size === 0 && at.parent !== undefined) at = at.parent;
  return at;
}
