import type { SerializedError } from '../pattern/errors';
import type { Host, HostRecord } from '../pattern/host';
import type { AnyProvider, ProviderRegistry } from '../pattern/registry';
import type { Json } from '../pattern/json';
import { identityOf } from './identity';
import { LeaseHost, type SessionLink } from './lease-host';
import { openPrivateSession } from './open-session';
import type { ConnectionRequest, IdentityRequest, LeaseGrant, SessionConnection } from './session-connection';

/** A link to a session of this process that is opened at the first lease. */
class LateLink implements SessionLink {
  readonly providerModule = undefined;
  readonly evals = undefined;
  readonly loaded = [];
  readonly #registry: ProviderRegistry;
  readonly #onLost: (leaseId: string, error: SerializedError) => void;
  #connection: Promise<SessionConnection> | undefined;

  constructor(registry: ProviderRegistry, onLost: (leaseId: string, error: SerializedError) => void) {
    this.#registry = registry;
    this.#onLost = onLost;
  }

  get providerNames(): readonly string[] {
    return this.#registry.names;
  }

  get modelNames(): readonly string[] {
    return this.#registry.modelNames;
  }

  async lease(request: ConnectionRequest, signal: AbortSignal | undefined): Promise<LeaseGrant> {
    this.#connection ??= openPrivateSession(this.#registry).then((session) => session.connect(this.#onLost));
    return (await this.#connection).lease(request, signal);
  }

  async release(leaseId: string): Promise<void> {
    await (await this.#connection)?.release(leaseId);
  }

  record(_record: HostRecord): void {
    // A script reports for itself.
  }

  identify(request: IdentityRequest): Promise<Json> {
    return identityOf(this.#registry, request);
  }

  // Code of the session's own process ends with it.
  onEnding(): () => void {
    return () => undefined;
  }

  progress(): void {}

  // A script has no tests.
  testFailed(): void {}

  adopt(provider: unknown): string {
    return this.#registry.adopt(provider as AnyProvider);
  }
}

/**
 * The host of a script. The script need not close anything: nothing of the session keeps the process alive, and whatever still
 * runs when it ends is stopped by the guardian.
 */
export function scriptHost(registry: ProviderRegistry): Host {
  const host: LeaseHost = new LeaseHost(
    new LateLink(registry, (leaseId, error) => host.lost(leaseId, error)),
    'script',
  );
  return host;
}
