import type { SerializedError } from '../../base/errors';
import type { EndpointPause } from '../../pattern/endpoint-pause';
import type { EvalProgress } from '../../pattern/eval-progress';
import type { EvalRun } from '../../pattern/eval-run';
import type { RecordingUse } from '../../pattern/recording-use';
import type {
  Activity,
  LogClaim,
  SessionClient,
  SessionLease,
  ReportRecord,
  LeaseRequest,
} from '../../pattern/session-client';
import type { TapEndpoint } from '../../pattern/tap-endpoint';
import type { Json } from '../../base/json';
import { keepSecretsIn } from '../../base/secrets';
import { resourceKey, type ParsedRequest, type ResourceRef } from '../../pattern/resource-spec';
import { isWithin, Owners, type OwnedLease, type Owner } from './owners';
import type { LeaseGrant, OwnedRequest } from '../wire/lease-request';

/** How a session client reaches its session: over the socket, or directly. */
export interface SessionTransport {
  readonly providerNames: readonly string[];
  readonly modelNames: readonly string[];
  readonly providerModule: string | undefined;
  /** The keys of resources that were up when the transport was opened. */
  readonly loaded: readonly string[];
  lease(request: OwnedRequest, signal: AbortSignal | undefined): Promise<LeaseGrant>;
  release(leaseId: string): Promise<void>;
  record(record: ReportRecord): void;
  claim(claim: LogClaim): Promise<void>;
  readonly evals: EvalRun | undefined;
  identify(ref: ResourceRef): Promise<Json>;
  onShutdown(finish: () => Promise<void>): () => void;
  progress(update: EvalProgress): void;
  pause(pause: EndpointPause): void;
  onPause(listener: (pause: EndpointPause) => void): void;
  readonly spent: number;
  spend(cost: number): void;
  testFailed(leaseId: string, test: string): void;
  note(leaseId: string, message: string): void;
  adopt(provider: unknown): string;
}

interface HeldLease {
  readonly owned: OwnedLease;
  readonly detach: () => void;
  lost: SerializedError | undefined;
  readonly callbacks: ((error: SerializedError) => void)[];
}

/**
 * The session client of one spec file, or of one script: it knows which code owns each lease, and which
 * leases are lost.
 */
export class LeaseClient implements SessionClient {
  readonly owners: Owners;
  readonly #transport: SessionTransport;
  readonly #held = new Map<string, HeldLease>();
  /** Called with the owner of a lease whose resource has died. */
  onLost: (owner: Owner, error: SerializedError) => void = () => undefined;

  constructor(transport: SessionTransport, label: string) {
    this.#transport = transport;
    this.owners = new Owners(label);
  }

  get project(): string {
    return '';
  }

  get projectId(): string {
    return '';
  }

  async claim(log: string): Promise<void> {
    const { project, projectId } = this;
    if (projectId !== '') await this.#transport.claim({ log, project, projectId });
  }

  get providerNames(): readonly string[] {
    return this.#transport.providerNames;
  }

  get modelNames(): readonly string[] {
    return this.#transport.modelNames;
  }

  get providerModule(): string | undefined {
    return this.#transport.providerModule;
  }

  isLoaded({ provider, name, config }: ResourceRef): boolean {
    return this.#transport.loaded.includes(resourceKey(provider, name, config));
  }

  get evals(): EvalRun | undefined {
    return this.#transport.evals;
  }

  identify(ref: ResourceRef): Promise<Json> {
    return this.#transport.identify(ref);
  }

  onShutdown(finish: () => Promise<void>): () => void {
    return this.#transport.onShutdown(finish);
  }

  progress(update: EvalProgress): void {
    this.#transport.progress(update);
  }

  pause(pause: EndpointPause): void {
    this.#transport.pause(pause);
  }

  onPause(listener: (pause: EndpointPause) => void): void {
    this.#transport.onPause(listener);
  }

  get spent(): number {
    return this.#transport.spent;
  }

  spend(cost: number): void {
    this.#transport.spend(cost);
  }

  enterOwner(): void {
    this.owners.enter();
  }

  async lease({ provider, name, config, signal }: LeaseRequest): Promise<SessionLease> {
    const owner = this.owners.current;
    const holding = this.owners.holding();
    owner.isFresh = false;
    const requester = this.owners.describe(owner);
    const grant = await this.#transport.lease({ provider, name, config, holding, requester }, signal);
    const { leaseId, resourceId, connection, facts } = grant;
    keepSecretsIn(resourceId, connection);
    this.noticeConnection(connection);
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
      note: (message) => this.#transport.note(leaseId, message),
      release: async () => {
        detach();
        this.#held.delete(leaseId);
        await this.#transport.release(leaseId);
      },
    };
  }

  /** To be called by the transport when a leased resource died. */
  lost(leaseId: string, error: SerializedError): void {
    const held = this.#held.get(leaseId);
    if (held === undefined || held.lost !== undefined) return;
    held.lost = error;
    for (const callback of held.callbacks) callback(error);
    this.onLost(held.owned.owner, error);
  }

  /** Reports every held lease as lost: the session itself is gone. */
  lostAll(error: SerializedError): void {
    for (const leaseId of [...this.#held.keys()]) this.lost(leaseId, error);
  }

  /** The errors of lost leases that `owner`, or a block around it, still holds. */
  lostWithin(owner: Owner): SerializedError[] {
    return [...this.#held.values()].flatMap(({ lost, owned }) =>
      lost !== undefined && isWithin(owner, owned.owner) ? [lost] : [],
    );
  }

  /**
   * Reports the failure of the test that is `owner` to the resources that it, code in it or a block around it
   * leases.
   */
  testFailed(owner: Owner, test: string): void {
    for (const [leaseId, { owned }] of this.#held)
      if (isWithin(owner, owned.owner) || isWithin(owned.owner, owner))
        this.#transport.testFailed(leaseId, test);
  }

  record(record: ReportRecord): void {
    this.#transport.record(record);
  }

  begin(label: string): Activity {
    return this.owners.begin(label);
  }

  bindToBlock(): <T>(fn: () => Promise<T>) => Promise<T> {
    const block = this.owners.current.parent ?? this.owners.root;
    return (fn) => this.owners.runIn(block, fn);
  }

  // The client of Jest's environment overrides the next twelve.
  get tapEndpoint(): TapEndpoint | undefined {
    return undefined;
  }

  noticeConnection(_connection: Json): void {}

  noticeImport(_mockedCall: () => string | undefined): void {}

  noticeRecordings(_use: () => RecordingUse): void {}

  get test(): string {
    return '';
  }

  failTest(_error: SerializedError): void {}

  forgive(_resourceId: string): void {}

  blockNeedsLease(): boolean {
    return true;
  }

  testNeedsLease(): boolean {
    return true;
  }

  hasConcurrentTests(): boolean {
    return false;
  }

  noticeBlock(_request: ParsedRequest): void {}

  registerLazily<T>(register: () => T): T {
    return register();
  }

  importPackage(name: string): Promise<unknown> {
    return import(name);
  }

  adopt(provider: unknown): string {
    return this.#transport.adopt(provider);
  }
}
