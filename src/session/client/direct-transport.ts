import type { Json } from '../../base/json';
import type { AnyProvider } from '../../pattern/registry';
import type { ResourceRef } from '../../pattern/resource-spec';
import type { ReportRecord } from '../../pattern/session-client';
import type { LeaseAccount } from '../broker/lease-account';
import type { Session } from '../broker/session';
import type { LeaseGrant, OwnedRequest } from '../wire/lease-request';
import { LeaseClient, type SessionTransport } from './lease-client';

/** What a transport within one process needs of its session. */
export type DirectSession = Pick<Session, 'registry' | 'loaded' | 'connect'>;

/** A transport to a session in this very process. */
class DirectTransport implements SessionTransport {
  readonly providerModule = undefined;
  readonly evals = undefined;
  readonly record: (record: ReportRecord) => void;
  readonly #session: DirectSession;
  readonly #account: LeaseAccount;

  constructor(session: DirectSession, account: LeaseAccount, record: (record: ReportRecord) => void) {
    this.#session = session;
    this.#account = account;
    this.record = record;
  }

  get providerNames(): readonly string[] {
    return this.#session.registry.names;
  }

  get modelNames(): readonly string[] {
    return this.#session.registry.modelNames;
  }

  get loaded(): readonly string[] {
    return this.#session.loaded;
  }

  lease(request: OwnedRequest, signal: AbortSignal | undefined): Promise<LeaseGrant> {
    return this.#account.lease(request, signal);
  }

  release(leaseId: string): Promise<void> {
    return this.#account.release(leaseId);
  }

  identify(ref: ResourceRef): Promise<Json> {
    return this.#session.registry.identity(ref);
  }

  // It has no run, and so no logs.
  async claim(): Promise<void> {}

  // Code of the session's own process ends with it.
  onShutdown(): () => void {
    return () => undefined;
  }

  progress(): void {}

  // Within one process all requests to an endpoint wait together already.
  pause(): void {}

  onPause(): void {}

  // No evaluation runs here.
  readonly spent = 0;

  spend(): void {}

  testFailed(leaseId: string, test: string): void {
    this.#account.testFailed(leaseId, test);
  }

  note(leaseId: string, message: string): void {
    this.#account.note(leaseId, message);
  }

  adopt(provider: unknown): string {
    return this.#session.registry.adopt(provider as AnyProvider);
  }
}

/**
 * A session client for code in the session's own process: scripts, `globalSetup` files, the contract suite.
 *
 * @param record keeps what evaluations report; by default nothing does.
 */
export function directClient(
  session: DirectSession,
  label: string,
  record: (record: ReportRecord) => void = () => undefined,
): LeaseClient {
  const account = session.connect((leaseId, error) => client.lost(leaseId, error));
  const client = new LeaseClient(new DirectTransport(session, account, record), label);
  return client;
}
