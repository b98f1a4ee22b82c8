import type { SerializedError } from '../pattern/errors';
import type { HostRecord } from '../pattern/host';
import type { AnyProvider } from '../pattern/registry';
import type { Json } from '../pattern/json';
import { identityOf } from './identity';
import { LeaseHost, type SessionLink } from './lease-host';
import type { Session } from './session';
import type { ConnectionRequest, IdentityRequest, LeaseGrant, SessionConnection } from './session-connection';

/** A link to a session in this very process. */
class DirectLink implements SessionLink {
  readonly providerModule = undefined;
  readonly evals = undefined;
  readonly #session: Session;
  readonly #connection: SessionConnection;

  constructor(session: Session, onLost: (leaseId: string, error: SerializedError) => void) {
    this.#session = session;
    this.#connection = session.connect(onLost);
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

  lease(request: ConnectionRequest, signal: AbortSignal | undefined): Promise<LeaseGrant> {
    return this.#connection.lease(request, signal);
  }

  release(leaseId: string): Promise<void> {
    return this.#connection.release(leaseId);
  }

  record(record: HostRecord): void {
    this.#session.records.push({ ...record, from: '' });
  }

  identify(request: IdentityRequest): Promise<Json> {
    return identityOf(this.#session.registry, request);
  }

  // Code of the session's own process ends with it.
  onEnding(): () => void {
    return () => undefined;
  }

  progress(): void {}

  testFailed(leaseId: string, test: string): void {
    this.#connection.testFailed(leaseId, test);
  }

  adopt(provider: unknown): string {
    return this.#session.registry.adopt(provider as AnyProvider);
  }
}

/** A host for code in the session's own process: scripts, `globalSetup` files, the contract suite. */
export function directHost(session: Session, label: string): LeaseHost {
  const host: LeaseHost = new LeaseHost(
    new DirectLink(session, (leaseId, error) => host.lost(leaseId, error)),
    label,
  );
  return host;
}
