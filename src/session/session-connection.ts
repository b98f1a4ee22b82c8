import type { HostLease } from '../pattern/host';
import type { Json } from '../pattern/json';

/** A lease request as a connection makes it. */
export interface ConnectionRequest {
  readonly provider: string;
  readonly name: string;
  readonly config?: Json | undefined;
  /** Leases that the requester cannot give back before this one is granted. */
  readonly holding: readonly string[];
  /** Who asks, for messages: the file and the test. */
  readonly requester: string;
}

/** A resource that is to be identified, not started. */
export type IdentityRequest = Pick<ConnectionRequest, 'provider' | 'name' | 'config'>;

export interface LeaseGrant {
  readonly leaseId: string;
  readonly resourceId: string;
  readonly connection: Json;
  readonly facts: HostLease['facts'];
}

/** One holder of leases: a test file, a script, a resource. All its leases end with it. */
export interface SessionConnection {
  /** @throws ModelProviderError what {@link ModelProvider.setup} documents. */
  lease(request: ConnectionRequest, signal?: AbortSignal): Promise<LeaseGrant>;
  /** Resolves when everything that the release entails is done. Repeating it repeats a stop that failed. */
  release(leaseId: string): Promise<void>;
  /** A test that holds the lease has failed. */
  testFailed(leaseId: string, test: string): void;
  close(): Promise<void>;
}

/** What a connection needs of its session. */
interface Lender {
  lease(request: ConnectionRequest, signal: AbortSignal): Promise<LeaseGrant>;
  release(leaseId: string): Promise<void>;
  testFailed(leaseId: string, test: string): void;
  /** Whether the stop that this release entailed has failed. */
  canRepeat(leaseId: string): boolean;
}

/** Keeps account of the leases of one holder, so that they end with it. */
export function sessionConnection(lender: Lender): SessionConnection {
  const leases = new Set<string>();
  const closed = new AbortController();
  return {
    lease: async (request, signal) => {
      const signals = signal === undefined ? [closed.signal] : [closed.signal, signal];
      const grant = await lender.lease(request, AbortSignal.any(signals));
      leases.add(grant.leaseId);
      if (closed.signal.aborted) await lender.release(grant.leaseId);
      return grant;
    },
    release: async (leaseId) => {
      if (leases.delete(leaseId) || lender.canRepeat(leaseId)) await lender.release(leaseId);
    },
    testFailed: (leaseId, test) => {
      if (leases.has(leaseId)) lender.testFailed(leaseId, test);
    },
    close: async () => {
      closed.abort();
      await Promise.allSettled([...leases].map((leaseId) => lender.release(leaseId)));
      leases.clear();
    },
  };
}
