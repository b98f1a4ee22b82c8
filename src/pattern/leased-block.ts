import { providerOf } from './model-providers';
import { currentRealm } from './realm';
import type { AnyProvider } from './registry';
import { ResourceHandle } from './resource-handle';
import type { ParsedRequest } from './resource-spec';
import { leaseInto } from './setup';

let collecting: LeasedBlock | undefined;

/** The innermost `withClient` block whose tests Jest is collecting right now. */
export function currentBlock(): LeasedBlock | undefined {
  return collecting;
}

/** One model's block: its handle exists from the start, its lease from the first need. */
export class LeasedBlock {
  readonly label: string;
  readonly handle = new ResourceHandle();
  readonly request: ParsedRequest;
  #setup: Promise<void> | undefined;
  #abort = new AbortController();
  #inBlock: <T>(fn: () => Promise<T>) => Promise<T> = (fn) => fn();

  constructor(request: ParsedRequest) {
    this.request = request;
    this.label = request.label;
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

  /** To be called in the block's first hook: its lease belongs to the block, whichever test needs it first. */
  bind(): void {
    this.#inBlock = currentRealm().host().bindToBlock();
  }

  /** Leases the block's model, once; all who need it share that setup and its failure. */
  ready(): Promise<void> {
    this.#setup ??= this.#inBlock(() => this.#start());
    return this.#setup;
  }

  /** The provider of the block's model, in this realm. */
  provider(): Promise<AnyProvider> {
    return providerOf(this.request);
  }

  async teardown(): Promise<void> {
    // Jest goes on to afterAll when beforeAll fails or times out, so a setup that is still under way is given up first.
    this.#abort.abort();
    await this.#setup?.catch(() => undefined);
    await this.handle.teardown();
    this.#setup = undefined;
  }

  async #start(): Promise<void> {
    this.#abort = new AbortController();
    const { name, config } = this.request;
    await leaseInto(this.handle, await this.provider(), {
      name,
      config,
      signal: this.#abort.signal,
    });
  }
}
