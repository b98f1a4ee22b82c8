import type { Json } from '../base/json';
import type { Caller } from '../pattern/model-calls';
import type { TapScope, TapTarget } from '../pattern/tap';

const { randomBytes } = process.getBuiltinModule('node:crypto');

/** Where the requests of a scope go. */
interface Addresses {
  connectionTo(target: TapTarget, scope: Scope): Json;
  /** Refuses what comes to its addresses; if it is cancelled, also what names it elsewhere. */
  close(scope: Scope, isCancelled: boolean): void;
}

/** The calls of one attempt of a sample. */
export class Scope implements TapScope {
  readonly key = randomBytes(16).toString('hex');
  readonly caller: Caller;
  readonly target: TapTarget | undefined;
  readonly #addresses: Addresses;

  constructor(caller: Caller, target: TapTarget | undefined, addresses: Addresses) {
    this.caller = caller;
    this.target = target;
    this.#addresses = addresses;
  }

  connectionTo(target: TapTarget): Json {
    return this.#addresses.connectionTo(target, this);
  }

  end(isCancelled: boolean): void {
    this.#addresses.close(this, isCancelled);
  }
}
