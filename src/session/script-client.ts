import type { SerializedError } from '../base/errors';
import type { ProviderRegistry } from '../pattern/registry';
import type { SessionClient } from '../pattern/session-client';
import type { LeaseAccount } from './broker/lease-account';
import { directClient } from './client/direct-transport';
import { openPrivateSession } from './open-session';

/**
 * The session client of a script, whose session is opened at the first lease. The script need not close
 * anything: nothing of the session keeps the process alive, and what still runs when it ends is stopped by
 * the guardian.
 */
export function scriptClient(registry: ProviderRegistry): SessionClient {
  const connect = (onLost: (leaseId: string, error: SerializedError) => void): LeaseAccount =>
    lateAccount(async () => (await openPrivateSession(registry)).connect(onLost));
  return directClient({ registry, loaded: [], connect }, 'script');
}

/** An account that is opened at the first lease. */
function lateAccount(open: () => Promise<LeaseAccount>): LeaseAccount {
  let account: Promise<LeaseAccount> | undefined;
  return {
    lease: async (request, signal) => {
      account ??= open();
      return (await account).lease(request, signal);
    },
    release: async (leaseId) => (await account)?.release(leaseId),
    // A script has no tests.
    testFailed: () => undefined,
    note: (leaseId, message) => void account?.then((present) => present.note(leaseId, message)),
    ending: async () => (await account)?.ending(),
    close: async () => (await account)?.close(),
  };
}
