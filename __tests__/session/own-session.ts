import { existsSync } from 'node:fs';
import type { ProviderConstraints } from '../../src/pattern/constraints';
import type { SerializedError } from '../../src/base/errors';
import type { Json } from '../../src/base/json';
import { ModelProvider, type Resource } from '../../src/pattern/model-provider';
import { ProviderRegistry, type ProviderMap } from '../../src/pattern/registry';
import type { ResourceContext } from '../../src/pattern/resource-context';
import { ProgressPrinter } from '../../src/session/events/progress';
import { Session, type SessionOptions } from '../../src/session/broker/session';
import type { LeaseAccount } from '../../src/session/broker/lease-account';
import { SessionFiles } from '../../src/session/broker/session-files';
import type { OwnedRequest, LeaseGrant } from '../../src/session/wire/lease-request';

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
export interface Holder extends LeaseAccount {
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
  readonly files: SessionFiles;
  readonly progress: string[];
  holder(): Holder;
  /** The events of the session as short lines, times left out. */
  story(): string[];
}

const sessions: OwnSession[] = [];

/**
 * Closes every session that a test of the calling file opened, and sees that nothing is left; call it once,
 * at the top.
 */
export function closeOwnSessions(): void {
  afterEach(async () => {
    for (const { session, files } of sessions.splice(0)) {
      await session.close();
      expect(existsSync(files.directory)).toBe(false);
    }
  });
}

export async function openOwnSession(
  providers: ProviderMap,
  options: SessionOptions = {},
): Promise<OwnSession> {
  const { files } = await SessionFiles.create();
  const progress: string[] = [];
  const printer = new ProgressPrinter({ write: (text) => progress.push(text) });
  const session = new Session(new ProviderRegistry(providers), files, { progress: printer, ...options });
  const own: OwnSession = {
    session,
    files,
    progress,
    holder: () => connect(session),
    story: () => story(session),
  };
  sessions.push(own);
  return own;
}

function connect(session: Session): Holder {
  const lost: Holder['lost'] = [];
  const account = session.connect((leaseId, error) => lost.push({ leaseId, error }));
  return {
    ...account,
    lost,
    ask: (spec, { config, holding = [], requester = 'a test', signal } = {}) => {
      const [provider = '', name = ''] = spec.split(/:(.*)/s);
      const request: OwnedRequest = { provider, name, config, holding, requester };
      return account.lease(request, signal);
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
