import { leaseTogether, teardownInTurn } from './lease-together';
import type { LeasedResource } from './leased-resource';
import { currentRealm } from './realm';

let collecting: LeasedBlock | undefined;

/** The innermost `withClient` or `withClients` block whose tests Jest is collecting right now. */
export function currentBlock(): LeasedBlock | undefined {
  return collecting;
}

/** A block with its resources: one in `withClient`, several in `withClients`. */
export class LeasedBlock {
  /** In the order in which the user wrote them. */
  readonly resources: readonly LeasedResource[];
  readonly #outer = collecting;
  /** In the order of their setups. */
  #leased: readonly LeasedResource[];
  #setup: Promise<void> | undefined;
  #abort = new AbortController();
  #inBlock: <T>(fn: () => Promise<T>) => Promise<T> = (fn) => fn();

  /** To be made while the block's `describe` is collected. */
  constructor(resources: readonly LeasedResource[]) {
    this.resources = resources;
    this.#leased = resources;
  }

  /** This block and those around it, from the inside out. */
  get chain(): readonly LeasedBlock[] {
    return [this, ...(this.#outer?.chain ?? [])];
  }

  /** Runs `fn` as the body of this block, so that {@link currentBlock} finds it. */
  collect<T>(fn: () => T): T {
    const outer = collecting;
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the block that is being collected is a variable by its nature
    collecting = this;
    try {
      return fn();
    } finally {
      collecting = outer;
    }
  }

  /** To be called in the block's first hook: its leases belong to the block, whichever test needs them first. */
  bind(): void {
    this.#inBlock = currentRealm().host().bindToBlock();
  }

  /** Leases the block's resources, once; all who need them share that setup and its failure. */
  ready(): Promise<void> {
    this.#setup ??= this.#inBlock(async () => {
      this.#abort = new AbortController();
      this.#leased = await leaseTogether(this.resources, this.#abort.signal);
    });
    return this.#setup;
  }

  /** The resources that are not, or no longer, there to be used. */
  get lost(): readonly LeasedResource[] {
    return this.resources.filter(({ handle }) => !handle.isActive);
  }

  /** Sets up anew what was lost. */
  async restart(): Promise<void> {
    this.#setup = this.#inBlock(async () => {
      for (const resource of this.lost) {
        await resource.handle.teardown();
        await resource.lease(this.#abort.signal);
      }
    });
    await this.#setup;
  }

  async teardown(): Promise<void> {
    // Jest goes on to afterAll when beforeAll fails or times out, so a setup that is still under way is given up first.
    this.#abort.abort();
    await this.#setup?.catch(() => undefined);
    await teardownInTurn(this.#leased);
    this.#setup = undefined;
  }
}
