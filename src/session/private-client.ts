import type { SessionClient } from '../pattern/session-client';
import { ProviderRegistry, type ProviderMap } from '../pattern/registry';
import { directClient } from './client/direct-transport';
import type { SessionEvent } from './events/events';
import { openPrivateSession } from './open-session';
import type { CloseReport } from './events/close-report';

/** A session apart from that of the run, for tests of providers. */
export interface PrivateClient {
  readonly client: SessionClient;
  readonly events: readonly SessionEvent[];
  close(): Promise<CloseReport>;
}

/** Opens a session that knows only `providers`. The caller closes it. */
export async function openPrivateClient(providers: ProviderMap): Promise<PrivateClient> {
  const session = await openPrivateSession(new ProviderRegistry(providers));
  return {
    client: directClient(session, 'contract'),
    events: session.record.events,
    close: () => session.close(),
  };
}
