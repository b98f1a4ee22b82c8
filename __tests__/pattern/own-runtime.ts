import type { SerializedError } from '../../src/base/errors';
import type { Activity, SessionClient, SessionLease, LeaseRequest } from '../../src/pattern/session-client';
import type { Json } from '../../src/base/json';
import { ModelProvider } from '../../src/pattern/model-provider';
import { installRuntime } from '../../src/pattern/runtime';
import { ProviderRegistry, type ProviderMap } from '../../src/pattern/registry';

/** A lease whose end, loss and failures a test controls. */
export class OwnLease implements SessionLease {
  readonly leaseId: string;
  readonly resourceId: string;
  readonly connection: Json = { port: 1 };
  readonly facts = { command: null, startMs: 0 };
  /** How often it was given back, failures included. */
  releases = 0;
  /** The steps of the next attempts to give it back. */
  readonly releaseSteps: (() => Promise<void> | void)[] = [];
  readonly notes: string[] = [];
  readonly #lost: ((error: SerializedError) => void)[] = [];

  constructor(provider: string, name: string, number: number) {
    this.leaseId = String(number);
    this.resourceId = `${provider}:${name}#${number}`;
  }

  onLost(callback: (error: SerializedError) => void): void {
    this.#lost.push(callback);
  }

  note(message: string): void {
    this.notes.push(message);
  }

  lose(error: SerializedError): void {
    for (const callback of this.#lost) callback(error);
  }

  async release(): Promise<void> {
    this.releases += 1;
    await this.releaseSteps.shift()?.();
  }
}

/** A session client without a session: it grants every request at once, or as `grant` says. */
export class OwnSessionClient implements SessionClient {
  readonly providerNames: readonly string[];
  readonly modelNames: readonly string[];
  readonly providerModule = undefined;
  readonly project = '';
  readonly tapEndpoint = undefined;
  readonly projectId = '';
  readonly test = '';
  failTest(): void {}
  spent = 0;
  readonly evals = undefined;
  readonly requests: LeaseRequest[] = [];
  readonly leases: OwnLease[] = [];
  readonly adopted: unknown[] = [];
  grant: (lease: OwnLease, request: LeaseRequest) => Promise<SessionLease> | SessionLease = (lease) => lease;

  constructor({ names, modelNames }: ProviderRegistry) {
    this.providerNames = names;
    this.modelNames = modelNames;
  }

  async claim(): Promise<void> {}

  async lease(request: LeaseRequest): Promise<SessionLease> {
    this.requests.push(request);
    const lease = new OwnLease(request.provider, request.name, this.requests.length);
    const granted = await this.grant(lease, request);
    this.leases.push(lease);
    return granted;
  }

  adopt(provider: unknown): string {
    this.adopted.push(provider);
    return 'adopted';
  }

  identify(): Promise<Json> {
    return Promise.resolve(null);
  }
  onShutdown(): () => void {
    return () => undefined;
  }
  progress(): void {}
  spend(cost: number): void {
    this.spent += cost;
  }

  pause(): void {}
  onPause(): void {}
  forgive(): void {}
  noticeImport(): void {}
  noticeRecordings(): void {}
  record(): void {}
  enterOwner(): void {}
  bindToBlock(): <T>(fn: () => Promise<T>) => Promise<T> {
    return (fn) => fn();
  }
  begin(): Activity {
    return { run: (fn) => fn(), end: () => undefined };
  }
  importPackage(name: string): Promise<unknown> {
    return import(name);
  }
  blockNeedsLease(): boolean {
    return true;
  }
  testNeedsLease(): boolean {
    return true;
  }
  hasConcurrentTests(): boolean {
    return false;
  }
  noticeBlock(): void {}
  isLoaded(): boolean {
    return false;
  }
  registerLazily<T>(register: () => T): T {
    return register();
  }
}

let leave: (() => void) | undefined;

/** Undoes {@link enterOwnRuntime} after each test of the calling file; call it once, at its top. */
export function leaveRuntimeAfterEach(): void {
  afterEach(() => {
    leave?.();
    leave = undefined;
  });
}

/** Lets the code of a test lease from its own session client. */
export function enterOwnRuntime(providers: ProviderMap): OwnSessionClient {
  const registry = new ProviderRegistry(providers);
  const client = new OwnSessionClient(registry);
  leave = installRuntime({
    session: () => client,
    registry: () => Promise.resolve(registry),
    tap: () => undefined,
    recordings: () => undefined,
  });
  return client;
}

/** A client that keeps its connection. */
export interface OwnClient {
  readonly connection: Json;
}

/** A provider whose spec half a test controls. */
export class OwnProvider extends ModelProvider<OwnClient> {
  readonly constraints = {
    maxLive: 1,
    sharing: 'shared',
    retain: 'lease',
    startTimeoutMs: 5000,
    stopTimeoutMs: 5000,
  } as const;
  readonly disposed: OwnClient[] = [];
  create: ModelProvider<OwnClient>['createClient'] = (connection) => ({ connection });
  dispose: () => Promise<void> | void = () => undefined;

  createResource(name: string): Promise<Json> {
    return Promise.resolve({ name });
  }

  createClient(
    ...args: Parameters<ModelProvider<OwnClient>['createClient']>
  ): OwnClient | Promise<OwnClient> {
    return this.create(...args);
  }

  override async disposeClient(client: OwnClient): Promise<void> {
    this.disposed.push(client);
    await this.dispose();
  }
}
