import type { Host } from '../pattern/host';
import { ProviderRegistry, type ProviderMap } from '../pattern/registry';
import { directHost } from './direct-link';
import type { SessionEvent } from './events';
import { openPrivateSession } from './open-session';
import type { CloseReport } from './close-report';

/** A session of its own, apart from the run's, for tests of providers. */
export interface PrivateHost {
  readonly host: Host;
  readonly events: readonly SessionEvent[];
  close(): Promise<CloseReport>;
}

/** Opens a session that knows only `providers`. The caller closes it. */
export async function openPrivateHost(providers: ProviderMap): Promise<PrivateHost> {
  const session = await openPrivateSession(new ProviderRegistry(providers));
  return {
    host: directHost(session, 'contract'),
    events: session.record.events,
    close: () => session.close(),
  };
}
