import type { Json } from '../../src/base/json';
import type { ProviderMap } from '../../src/pattern/registry';
import type { SupervisorStatus, WarmedUp } from '../../src/session/warm/supervisor-protocol';
import { announceSupervisor } from '../../src/session/warm/supervisor-address';
import { WarmResources } from '../../src/session/warm/warm-resources';
import { SupervisorClient } from '../../src/supervisor/client';
import { Supervisor } from '../../src/supervisor/supervisor';
import { SupervisorServer } from '../../src/supervisor/supervisor-server';
import { openOwnSession, type OwnSession } from '../session/own-session';

export interface OwnSupervisor extends OwnSession {
  /** How often it has asked for the end of its process. */
  readonly exits: unknown[];
  client(label?: string): Promise<SupervisorClient>;
  up(...requests: Json[]): Promise<WarmedUp>;
  status(): Promise<SupervisorStatus>;
}

const clients: SupervisorClient[] = [];

/** Ends every connection that a test of the calling file made; call it once, after `closeOwnSessions()`. */
export function closeClients(): void {
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
}

/** A supervisor in this very process, as `up` starts it in one of its own. */
export async function ownSupervisor(
  providers: ProviderMap,
  project: { moduleVersion?: string; directory?: string } = {},
): Promise<OwnSupervisor> {
  const own = await openOwnSession(providers, { retain: 'session', sleeps: false });
  const exits: unknown[] = [];
  const exit = (): void => void exits.push('exit');
  const { directory = process.cwd(), moduleVersion = null } = project;
  const supervisor = new Supervisor(own.session, { directory, providerModule: null, moduleVersion }, exit);
  const server = await SupervisorServer.listen(own.session, supervisor, own.files.socketPath, exit);
  announceSupervisor(own.files.directory, server.address);
  const client = async (label = 'a test'): Promise<SupervisorClient> => {
    const opened = await SupervisorClient.open({ label, keeps: true });
    if (opened === undefined) throw new Error('The supervisor was not found');
    clients.push(opened);
    return opened;
  };
  return {
    ...own,
    exits,
    client,
    up: async (...requests) => (await client('up')).up({ requests, ttlMs: 60_000 }),
    status: async () => (await client('status')).status(),
  };
}

export interface OwnRun extends OwnSession {
  /** What it told people. */
  readonly said: string[];
}

/** The session of a run, which looks for warm resources. */
export async function ownRun(providers: ProviderMap, moduleVersion: string | null = null): Promise<OwnRun> {
  const said: string[] = [];
  const warm = new WarmResources({ moduleVersion, say: (text) => said.push(text) });
  const own = await openOwnSession(providers, { warm });
  void own.session.ended.then(() => warm.close());
  return { ...own, said };
}
