import { existsSync } from 'node:fs';
import type { ProviderConstraints } from '../../src/pattern/constraints';
import type { SerializedError } from '../../src/pattern/errors';
import type { Json } from '../../src/pattern/json';
import { ModelProvider, type Resource } from '../../src/pattern/model-provider';
import { ProviderRegistry, type ProviderMap } from '../../src/pattern/registry';
import type { ResourceContext } from '../../src/pattern/resource-context';
import { ProgressPrinter } from '../../src/session/progress';
import { Session } from '../../src/session/session';
import type { ConnectionRequest, LeaseGrant, SessionConnection } from '../../src/session/session-connection';
import type { SessionOptions } from '../../src/session/session-options';
import { SessionPlace } from '../../src/session/session-place';

type Step = (name: string, context: ResourceContext) => Promise<unknown> | unknown;

/** A provider whose halves a test writes down; it starts no process. */
export class ScriptedProvider extends ModelProvider<Json> {
  readonly constraints: ProviderConstraints;
  readonly made: string[] = [];
  readonly destroyed: Resource[] = [];
  create: Step = (name) => ({ name });
  destroy: (resource: Resource) => Promise<void> | void = () => undefined;

  constructor(constraints: Partial<ProviderConstraints> = {}, create?: Step) {
    super();
    this.constraints = {
      maxLive: 1,
      sharing: 'shared',
      retain: 'lease',
      startTimeoutMs: 30_000,
      stopTimeoutMs: 30_000,
      ...constraints,
    };
    if (create !== undefined) this.create = create;
  }

  async createResource(name: string, _config: Json | undefined, context: ResourceContext): Promise<Json> {
    this.made.push(context.resourceId);
    return (await this.create(name, context)) as Json;
  }

  override async destroyResource(resource: Resource): Promise<void> {
    this.destroyed.push(resource);
    await this.destroy(resource);
  }

  createClient(connection: Json): Json {
    return connection;
  }
}

/** One holder of leases, with what it is told. */
export interface Holder extends SessionConnection {
  readonly lost: { leaseId: string; error: SerializedError }[];
  ask(spec: string, options?: AskOptions): Promise<LeaseGrant>;
}

interface AskOptions {
  readonly config?: Json;
  readonly holding?: readonly string[];
  readonly requester?: string;
  readonly signal?: AbortSignal;
}

export interface OwnSession {
  readonly session: Session;
  readonly place: SessionPlace;
  readonly progress: string[];
  holder(): Holder;
  /** The events of the session as short lines, times left out. */
  story(): string[];
}

const sessions: OwnSession[] = [];

/** Closes every session that a test of the calling file opened, and sees that nothing is left; call it once, at the top. */
export function closeOwnSessions(): void {
  afterEach(async () => {
    for (const { session, place } of sessions.splice(0)) {
      await session.close();
      expect(existsSync(place.directory)).toBe(false);
    }
  });
}

export async function openOwnSession(
  providers: ProviderMap,
  options: SessionOptions = {},
): Promise<OwnSession> {
  const { place } = await SessionPlace.create();
  const progress: string[] = [];
  const printer = new ProgressPrinter({ write: (text) => progress.push(text) });
  const session = new Session(new ProviderRegistry(providers), place, { progress: printer, ...options });
  const own: OwnSession = {
    session,
    place,
    progress,
    holder: () => connect(session),
    story: () => story(session),
  };
  sessions.push(own);
  return own;
}

function connect(session: Session): Holder {
  const lost: Holder['lost'] = [];
  const connection = session.connect((leaseId, error) => lost.push({ leaseId, error }));
  return {
    ...connection,
    lost,
    ask: (spec, { config, holding = [], requester = 'a test', signal } = {}) => {
      const [provider = '', name = ''] = spec.split(/:(.*)/s);
      const request: ConnectionRequest = { provider, name, config, holding, requester };
      return connection.lease(request, signal);
    },
  };
}

function story(session: Session): string[] {
  return session.record.events.map((event) => {
    const { type } = event;
    const subject = 'resourceId' in event ? event.resourceId : event.spec;
    const reason = 'reason' in event ? `: ${event.reason}` : '';
    return `${type} ${subject}${reason}`;
  });
}

/** A promise that a test settles when it likes. */
export function gate<T = void>(): {
  readonly passed: Promise<T>;
  open(value: T): void;
  fail(error: Error): void;
} {
  let open: (value: T) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const passed = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { passed, open: (value) => open(value), fail: (error) => fail(error) };
}
