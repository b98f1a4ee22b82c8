import type { Client, ClientBase, QueryResult } from 'pg';
import { localError } from '../../base/errors';
import { isConnectionError } from './request-error';

// Not the globals: tests may replace those by fake timers.
const { setTimeout: delay } = process.getBuiltinModule('node:timers/promises');

// The socket of a dead server closes shortly before the session reports the cause of its death.
const reasonLimitMs = 1000;

/** The state of a connection: `I` idle, `T` in a transaction, `E` in one that has failed. */
type WithStatus = { getTransactionStatus?(): string | null };

/** What the clients of one lease have under way: queries, and transactions. */
export class LeasedWork {
  readonly #signal: AbortSignal;
  readonly #clients = new Set<ClientBase>();
  readonly #queries = new Set<Promise<unknown>>();

  /** @param signal aborted when the lease ends: queries that break then fail with its reason. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** The driver's class of clients, for those of this lease. */
  clientClass(Base: typeof Client): typeof Client {
    const clients = this.#clients;
    const follow = (result: unknown): unknown => this.follow(result);
    class LeasedClient extends Base {
      constructor(config?: object) {
        super(config);
        // The break of an idle connection is an event; without a listener it would end the process.
        this.on('error', () => undefined);
        this.once('end', () => clients.delete(this));
        clients.add(this);
      }
    }
    const query = Reflect.get(Base.prototype, 'query') as (this: ClientBase, ...args: unknown[]) => unknown;
    Object.defineProperty(LeasedClient.prototype, 'query', {
      value(this: ClientBase, ...args: unknown[]) {
        return follow(query.apply(this, args));
      },
      writable: true,
      configurable: true,
    });
    return LeasedClient;
  }

  /** Follows a query until its end. Returns what its caller gets. */
  follow(result: unknown): unknown {
    if (!(result instanceof Promise)) return result;
    const query = this.#endedByLease(result as Promise<QueryResult>);
    const forget = (): void => void this.#queries.delete(query);
    this.#queries.add(query);
    // Not of `query`: a rejection that its caller does not handle is still reported.
    result.then(forget, forget);
    return query;
  }

  async #endedByLease(result: Promise<QueryResult>): Promise<QueryResult> {
    try {
      return await result;
    } catch (error) {
      const signal = this.#signal;
      if (isConnectionError(error)) await delay(reasonLimitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) throw localError(signal.reason);
      throw error;
    }
  }

  get hasOpenTransaction(): boolean {
    return [...this.#clients].some((client) =>
      ['T', 'E'].includes((client as WithStatus).getTransactionStatus?.() ?? ''),
    );
  }

  /** The lease ends. Queries that nobody awaits any more fail with it, which must not fail the next test. */
  end(): void {
    for (const query of this.#queries) query.catch(() => undefined);
  }
}
