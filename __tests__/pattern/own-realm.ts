import type { SerializedError } from '../../src/pattern/errors';
import type { Activity, Host, HostLease, LeaseRequest } from '../../src/pattern/host';
import type { Json } from '../../src/pattern/json';
import { ModelProvider } from '../../src/pattern/model-provider';
import { installRealm } from '../../src/pattern/realm';
import { ProviderRegistry, type ProviderMap } from '../../src/pattern/registry';

/** A lease that a test ends, loses and lets fail as it likes. */
export class OwnLease implements HostLease {
  readonly leaseId: string;
  readonly resourceId: string;
  readonly connection: Json = { port: 1 };
  readonly facts = { command: null, startMs: 0 };
  /** How often it was given back, failures included. */
  releases = 0;
  /** What the next attempts to give it back do. */
  readonly releaseSteps: (() => Promise<void> | void)[] = [];
  readonly #lost: ((error: SerializedError) => void)[] = [];

  constructor(provider: string, name: string, number: number) {
    this.leaseId = String(number);
    this.resourceId = `${provider}:${name}#${number}`;
  }

  onLost(callback: (error: SerializedError) => void): void {
    this.#lost.push(callback);
  }

  lose(error: SerializedError): void {
    for (const callback of this.#lost) callback(error);
  }

  async release(): Promise<void> {
    this.releases += 1;
    await this.releaseSteps.shift()?.();
  }
}

/** A host without a session: it grants every request at once, or as `grant` says. */
export class OwnHost implements Host {
  readonly providerNames: readonly string[];
  readonly modelNames: readonly string[];
  readonly providerModule = undefined;
  readonly evals = undefined;
  readonly requests: LeaseRequest[] = [];
  readonly leases: OwnLease[] = [];
  readonly adopted: unknown[] = [];
  grant: (lease: OwnLease, request: LeaseRequest) => Promise<HostLease> | HostLease = (lease) => lease;

  constructor({ names, modelNames }: ProviderRegistry) {
    this.providerNames = names;
    this.modelNames = modelNames;
  }

  async lease(request: LeaseRequest): Promise<HostLease> {
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
  onEnding(): () => void {
    return () => undefined;
  }
  progress(): void {}
  forgive(): void {}
  noticeImport(): void {}
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
  noticeBlock(): void {}
  isLoaded(): boolean {
    return false;
  }
  registerLazily<T>(register: () => T): T {
    return register();
  }
}

let leave: (() => void) | undefined;

/** Undoes {@link enterOwnRealm} after each test of the calling file; call it once, at its top. */
export function leaveRealmAfterEach(): void {
  afterEach(() => {
    leave?.();
    leave = undefined;
  });
}

/** Lets the code of a test lease from a host of its own. */
export function enterOwnRealm(providers: ProviderMap): OwnHost {
  const registry = new ProviderRegistry(providers);
  const host = new OwnHost(registry);
  leave = installRealm({ host: () => host, registry: () => Promise.resolve(registry) });
  return host;
}

/** A client that knows where it was connected to. */
export interface OwnClient {
  readonly connection: Json;
}

/** A provider whose spec half a test writes down. */
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
