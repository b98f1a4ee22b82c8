import { LeaseGroup } from './lease-group';
import type { LeaseScope } from './lease-scope';
import type { LeasedResource } from './leased-resource';
import { currentRealm } from './realm';

let collecting: LeasedBlock | undefined;

/** The innermost `withClient` or `withClients` block whose tests Jest is collecting right now. */
export function currentBlock(): LeasedBlock | undefined {
  return collecting;
}

type Groups = Readonly<Record<LeaseScope, LeaseGroup>>;

/** A block with its resources: one in `withClient`, several in `withClients`. */
export class LeasedBlock {
  /** In the order in which the user wrote them. */
  readonly resources: readonly LeasedResource[];
  readonly #scope: LeaseScope | undefined;
  readonly #outer = collecting;
  #groups: Promise<Groups> | undefined;
  #inBlock: <T>(fn: () => Promise<T>) => Promise<T> = (fn) => fn();

  /**
   * To be made while the block's `describe` is collected.
   *
   * @param scope of all resources; if it is not given, each has that of its provider.
   */
  constructor(resources: readonly LeasedResource[], scope?: LeaseScope) {
    this.resources = resources;
    this.#scope = scope;
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

  /** To be called in the block's first hook: leases for the block belong to it, whichever test needs them first. */
  bind(): void {
    this.#inBlock = currentRealm().host().bindToBlock();
  }

  /** Leases what the block leases for that scope, once until its end. */
  async ready(scope: LeaseScope): Promise<void> {
    await (await this.#sorted())[scope].ready();
  }

  /** The resources that are not, or no longer, there to be used. */
  get lost(): readonly LeasedResource[] {
    return this.resources.filter(({ handle }) => !handle.isActive);
  }

  /** Sets up anew what was lost. */
  async restart(): Promise<void> {
    const { block, test } = await this.#sorted();
    await block.restart();
    await test.restart();
  }

  /** Gives back what the block leases for that scope. */
  async teardown(scope: LeaseScope): Promise<void> {
    const groups = await this.#groups?.catch(() => undefined);
    await groups?.[scope].teardown();
  }

  #sorted(): Promise<Groups> {
    this.#groups ??= this.#sort();
    return this.#groups;
  }

  async #sort(): Promise<Groups> {
    const scopes = await Promise.all(
      this.resources.map(async (resource) => this.#scope ?? (await resource.scope())),
    );
    const of = (scope: LeaseScope): LeasedResource[] =>
      this.resources.filter((_resource, index) => scopes[index] === scope);
    return {
      block: new LeaseGroup(of('block'), (fn) => this.#inBlock(fn)),
      test: new LeaseGroup(of('test'), (fn) => fn()),
    };
  }
}
