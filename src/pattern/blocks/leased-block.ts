import { callSite } from '../../base/stack';
import { ModelProviderError, showUsersLine } from '../../base/errors';
import { AbortController } from '../../base/real-globals';
import type { LeaseScope } from '../lease-scope';
import { leaseTogether, teardownInTurn } from './lease-together';
import type { LeasedResource } from './leased-resource';
import { currentRuntime } from '../runtime';

let collecting: LeasedBlock | undefined;

/** The innermost `withClient` or `withClients` block whose tests Jest is collecting now. */
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
  readonly #site = callSite();
  #groups: Promise<Groups> | undefined;
  #hasConcurrentTests = false;
  #inBlock: <T>(fn: () => Promise<T>) => Promise<T> = (fn) => fn();

  /**
   * Made while the block's `describe` is collected.
   *
   * @param scope of all resources; by default each has the scope of its provider.
   */
  constructor(resources: readonly LeasedResource[], scope?: LeaseScope) {
    this.resources = resources;
    this.#scope = scope;
  }

  /** This block and the blocks around it, from the inside out. */
  get chain(): readonly LeasedBlock[] {
    return [this, ...(this.#outer?.chain ?? [])];
  }

  /** Runs `fn` as the body of this block, so that {@link currentBlock} finds it. */
  collect<T>(fn: () => T): T {
    const outer = collecting;
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the block in collection is module state
    collecting = this;
    try {
      return fn();
    } catch (error) {
      showUsersLine(error);
      throw error;
    } finally {
      collecting = outer;
    }
  }

  /**
   * Call it in the block's first hook: leases for the block then belong to the block, whichever test needs
   * them first.
   */
  bind(): void {
    this.#inBlock = currentRuntime().session().bindToBlock();
  }

  /** Tests of `test.concurrent` are in it. They run at once, and Jest runs no hooks for each of them. */
  noticeConcurrentTests(): void {
    this.#hasConcurrentTests = true;
  }

  /**
   * Leases the resources of that scope, once until their teardown.
   *
   * @throws ModelProviderError `CONFIG_INVALID` for leases of single tests where tests run at once.
   */
  async ready(scope: LeaseScope): Promise<void> {
    await this.#asCalled(async () => {
      const groups = await this.#sorted();
      if (this.#hasConcurrentTests) groups.test.refuseConcurrentTests();
      await groups[scope].ready();
    });
  }

  /** The resources that are not, or no longer, usable. */
  get lost(): readonly LeasedResource[] {
    return this.resources.filter(({ handle }) => !handle.isActive);
  }

  /** Sets the {@link lost} resources up anew. */
  async restart(): Promise<void> {
    await this.#asCalled(async () => {
      const { block, test } = await this.#sorted();
      await block.restart();
      await test.restart();
    });
  }

  /** Gives the resources of that scope back. */
  async teardown(scope: LeaseScope): Promise<void> {
    const groups = await this.#groups?.catch(() => undefined);
    await this.#asCalled(async () => groups?.[scope].teardown());
  }

  /** Shows the call that has made the block where a step of it fails: in which test or hook is chance. */
  async #asCalled(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      showUsersLine(error, this.#site());
      throw error;
    }
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

/** Resources of a block that are leased together and given back together, as often as they are needed. */
class LeaseGroup {
  readonly #resources: readonly LeasedResource[];
  readonly #asOwner: <T>(fn: () => Promise<T>) => Promise<T>;
  /** In the order of their setups. */
  #leased: readonly LeasedResource[];
  #setup: Promise<void> | undefined;
  #abort = new AbortController();

  /** @param asOwner runs its argument as code of the leases' owner. */
  constructor(resources: readonly LeasedResource[], asOwner: <T>(fn: () => Promise<T>) => Promise<T>) {
    this.#resources = resources;
    this.#leased = resources;
    this.#asOwner = asOwner;
  }

  refuseConcurrentTests(): void {
    const [first] = this.#resources;
    if (first === undefined) return;
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `"${first.label}" is leased for each test anew (scope: 'test', or isolation: 'test' of a database), but tests of test.concurrent run at once, with one handle and without hooks. Use test, or lease for the block (isolation: 'file', scope: 'block'), or call modelProviders.setup() in each test.`,
    );
  }

  /** Leases all of them, once until the teardown; all callers share that setup and its failure. */
  ready(): Promise<void> {
    this.#setup ??= this.#asOwner(async () => {
      this.#abort = new AbortController();
      this.#leased = await leaseTogether(this.#resources, this.#abort.signal);
    });
    return this.#setup;
  }

  /** Sets up anew what is not, or no longer, usable. */
  async restart(): Promise<void> {
    this.#setup = this.#asOwner(async () => {
      for (const resource of this.#resources.filter(({ handle }) => !handle.isActive)) {
        await resource.handle.teardown();
        await resource.lease(this.#abort.signal);
      }
    });
    await this.#setup;
  }

  async teardown(): Promise<void> {
    // Jest runs the hooks after the tests even when one before them fails or times out: a setup that is still
    // in flight is aborted first.
    this.#abort.abort();
    await this.#setup?.catch(() => undefined);
    await teardownInTurn(this.#leased);
    this.#setup = undefined;
  }
}
