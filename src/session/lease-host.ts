import type { SerializedError } from '../pattern/errors';
import type { EvalProgress } from '../pattern/eval-progress';
import type { EvalRun } from '../pattern/eval-run';
import type { Activity, Host, HostLease, HostRecord, LeaseRequest } from '../pattern/host';
import type { Json } from '../pattern/json';
import { resourceKey, type ParsedRequest } from '../pattern/resource-spec';
import { isWithin, Owners, type OwnedLease, type Owner } from './owners';
import type { ConnectionRequest, IdentityRequest, LeaseGrant } from './session-connection';

/** How a host reaches its session: over the socket, or directly. */
export interface SessionLink {
  readonly providerNames: readonly string[];
  readonly modelNames: readonly string[];
  readonly providerModule: string | undefined;
  /** The keys of resources that were up when the link was opened. */
  readonly loaded: readonly string[];
  lease(request: ConnectionRequest, signal: AbortSignal | undefined): Promise<LeaseGrant>;
  release(leaseId: string): Promise<void>;
  record(record: HostRecord): void;
  readonly evals: EvalRun | undefined;
  identify(request: IdentityRequest): Promise<Json>;
  onEnding(finish: () => Promise<void>): () => void;
  progress(update: EvalProgress): void;
  testFailed(leaseId: string, test: string): void;
  adopt(provider: unknown): string;
}

interface HeldLease {
  readonly owned: OwnedLease;
  readonly detach: () => void;
  lost: SerializedError | undefined;
  readonly callbacks: ((error: SerializedError) => void)[];
}

/** The host of one spec file, or of one script: adds owners to a session's leases, and keeps account of lost ones. */
export class LeaseHost implements Host {
  readonly owners: Owners;
  readonly #link: SessionLink;
  readonly #held = new Map<string, HeldLease>();
  /** Called when a leased resource died, with the owner of the lease. */
  onLost: (owner: Owner, error: SerializedError) => void = () => undefined;

  constructor(link: SessionLink, label: string) {
    this.#link = link;
    this.owners = new Owners(label);
  }

  get providerNames(): readonly string[] {
    return this.#link.providerNames;
  }

  get modelNames(): readonly string[] {
    return this.#link.modelNames;
  }

  get providerModule(): string | undefined {
    return this.#link.providerModule;
  }

  isLoaded({ provider, name, config }: IdentityRequest): boolean {
    return this.#link.loaded.includes(resourceKey(provider, name, config));
  }

  get evals(): EvalRun | undefined {
    return this.#link.evals;
  }

  identify(request: IdentityRequest): Promise<Json> {
    return this.#link.identify(request);
  }

  onEnding(finish: () => Promise<void>): () => void {
    return this.#link.onEnding(finish);
  }

  progress(update: EvalProgress): void {
    this.#link.progress(update);
  }

  enterOwner(): void {
    this.owners.enter();
  }

  async lease({ provider, name, config, signal }: LeaseRequest): Promise<HostLease> {
    const owner = this.owners.current;
    const holding = this.owners.holding();
    owner.isFresh = false;
    const requester = this.owners.describe(owner);
    const grant = await this.#link.lease({ provider, name, config, holding, requester }, signal);
    const { leaseId, resourceId, connection, facts } = grant;
    const { lease: owned, detach } = this.owners.attach(leaseId, owner);
    const held: HeldLease = { owned, detach, lost: undefined, callbacks: [] };
    this.#held.set(leaseId, held);
    return {
      leaseId,
      resourceId,
      connection,
      facts,
      onLost: (callback) => {
        if (held.lost === undefined) held.callbacks.push(callback);
        else callback(held.lost);
      },
      release: async () => {
        detach();
        this.#held.delete(leaseId);
        await this.#link.release(leaseId);
      },
    };
  }

  /** To be called by the link when a leased resource died. */
  lost(leaseId: string, error: SerializedError): void {
    const held = this.#held.get(leaseId);
    if (held === undefined || held.lost !== undefined) return;
    held.lost = error;
    for (const callback of held.callbacks) callback(error);
    this.onLost(held.owned.owner, error);
  }

  /** Every held lease whose resource died is reported, as when the session itself is gone. */
  lostAll(error: SerializedError): void {
    for (const leaseId of [...this.#held.keys()]) this.lost(leaseId, error);
  }

  /** The errors of lost leases that `owner`, or a block around it, still holds. */
  lostWithin(owner: Owner): SerializedError[] {
    return [...this.#held.values()].flatMap(({ lost, owned }) =>
      lost !== undefined && isWithin(owner, owned.owner) ? [lost] : [],
    );
  }

  /** The test that is `owner` has failed: resources of its leases, and of those of the blocks around it, are told. */
  testFailed(owner: Owner, test: string): void {
    for (const [leaseId, { owned }] of this.#held)
      if (isWithin(owner, owned.owner) || isWithin(owned.owner, owner)) this.#link.testFailed(leaseId, test);
  }

  record(record: HostRecord): void {
    this.#link.record(record);
  }

  begin(label: string): Activity {
    return this.owners.begin(label);
  }

  bindToBlock(): <T>(fn: () => Promise<T>) => Promise<T> {
    const block = this.owners.current.parent ?? this.owners.root;
    return (fn) => this.owners.runIn(block, fn);
  }

  // The next six are Jest's business: its environment overrides them.
  noticeImport(): void {}

  forgive(_resourceId: string): void {}

  blockNeedsLease(): boolean {
    return true;
  }

  testNeedsLease(): boolean {
    return true;
  }

  noticeBlock(_request: ParsedRequest): void {}

  registerLazily<T>(register: () => T): T {
    return register();
  }

  importPackage(name: string): Promise<unknown> {
    return import(name);
  }

  adopt(provider: unknown): string {
    return this.#link.adopt(provider);
  }
}
