import type { SerializedError } from './errors';
import type { EvalProgress } from './eval-progress';
import type { EvalRun } from './eval-run';
import type { Json } from './json';
import type { ParsedRequest } from './resource-spec';

/** A request for the right to use one resource. */
export interface LeaseRequest {
  readonly provider: string;
  readonly name: string;
  readonly config: Json | undefined;
  /** Gives the request up; a start that nobody else waits for is then aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** A lease as the host grants it. It ends with {@link HostLease.release}, or with the connection it was granted on. */
export interface HostLease {
  readonly leaseId: string;
  readonly resourceId: string;
  readonly connection: Json;
  /** What the log of an evaluation keeps: the command line of its server, if it has one, and milliseconds to ready. */
  readonly facts: { readonly command: string | null; readonly startMs: number };
  /** Calls back once if the resource dies while leased; at once if it is dead already. */
  onLost(callback: (error: SerializedError) => void): void;
  /** Gives the lease back; resolves when everything that its end entails is done. Safe to repeat. */
  release(): Promise<void>;
}

/** Code that owns what it leases, such as a sample. */
export interface Activity {
  /** Runs `fn` so that leases asked for inside it are the activity's. */
  run<T>(fn: () => T): T;
  /** To be called when all that it ran has ended: leases that are left pass to the activity around it. */
  end(): void;
}

/** One line of what an evaluation found, sent to whoever reports the run. */
export interface HostRecord {
  readonly type: string;
  readonly data: Json;
}

/**
 * Where leases come from: the session's socket inside Jest, a session in this very process elsewhere.
 * Objects of the host belong to another realm: compare its errors by `code`.
 */
export interface Host {
  /** The prefixes that may be asked for. */
  readonly providerNames: readonly string[];
  /** Those of them whose resources are models. */
  readonly modelNames: readonly string[];
  /** Absolute path of the user's provider module, if there is one. */
  readonly providerModule: string | undefined;
  /** Whether the resource was up when the file began: a lease on it may then cost no load. */
  isLoaded(request: Pick<LeaseRequest, 'provider' | 'name' | 'config'>): boolean;
  /** The run whose logs evaluations write; undefined in scripts. */
  readonly evals: EvalRun | undefined;
  /**
   * What the answers of a resource depend on, known without starting it; null if its provider does not say.
   *
   * @throws ModelProviderError what a start would throw for a resource that cannot be, such as a missing file.
   */
  identify(request: Pick<LeaseRequest, 'provider' | 'name' | 'config'>): Promise<Json>;
  /** Registers what must be finished before the session ends, when the run is interrupted. Returns how to forget it. */
  onEnding(finish: () => Promise<void>): () => void;
  /** Shows how far an evaluation is; never fails the caller. */
  progress(update: EvalProgress): void;
  /** Told once when code of this realm imports the package: only then is it worth following who owns what. */
  noticeImport(): void;
  lease(request: LeaseRequest): Promise<HostLease>;
  /** Keeps a record for the reports; never fails the caller. */
  record(record: HostRecord): void;
  /** Makes the code that follows, in the same chain of execution, an owner of its own. Call it before awaiting anything. */
  enterOwner(): void;
  /** Called in a block's first hook: a function that runs its argument as code of the whole block. */
  bindToBlock(): <T>(fn: () => Promise<T>) => Promise<T>;
  /** Begins an activity within the present one. */
  begin(label: string): Activity;
  /** The running test has dealt with the death of that resource: it does not fail for it. */
  forgive(resourceId: string): void;
  /** Whether the describe block that is being set up has selected tests or hooks that need its lease from the start. */
  blockNeedsLease(): boolean;
  /** Called in a block's hook before each test: whether that test, or hooks of the block around it, need its lease from the start. */
  testNeedsLease(): boolean;
  /**
   * Told of each model's block while its tests are collected.
   *
   * @throws ModelProviderError `MODELS_INVALID` if it is at odds with the `modelMatrix()` of the run.
   */
  noticeBlock(request: ParsedRequest): void;
  /** Marks the test or hook that `register` registers as one that needs no lease of the blocks around it, or sees to it itself. */
  registerLazily<T>(register: () => T): T;
  /** Loads an optional package that is an ES module: the realm of a spec cannot. Rejects as `import()` does. */
  importPackage(name: string): Promise<unknown>;
  /** Registers a provider that no module names, where the host allows it, and returns its prefix. */
  adopt(provider: unknown): string;
}

/** The property of the global object through which a Jest environment hands its host to the spec realm. */
export const hostKey = Symbol.for('jest-model-provider.host');

/** The property of the global object with which the environment opens a session apart from the run's. */
export const privateHostKey = Symbol.for('jest-model-provider.private-host');
