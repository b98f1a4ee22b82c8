import type { SerializedError } from '../base/errors';
import type { EndpointPause } from './endpoint-pause';
import type { EvalProgress } from './eval-progress';
import type { EvalRun } from './eval-run';
import type { RecordingUse } from './recording-use';
import type { Json } from '../base/json';
import type { ParsedRequest, ResourceRef } from './resource-spec';
import type { TapEndpoint } from './tap-endpoint';

/** A request for the right to use one resource. */
export interface LeaseRequest {
  readonly provider: string;
  readonly name: string;
  readonly config: Json | undefined;
  /** Withdraws the request. A start that no other request waits for is then aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** A granted lease. It ends by {@link SessionLease.release}, or with the connection to the session. */
export interface SessionLease {
  readonly leaseId: string;
  readonly resourceId: string;
  readonly connection: Json;
  /** What an evaluation's log records: the server's command line, if any, and the milliseconds to ready. */
  readonly facts: {
    readonly command: string | null;
    readonly startMs: number;
    /** Whether it is of recordings alone, and nothing was started; absent otherwise. */
    readonly replayed?: true;
  };
  /** Calls back once if the resource dies while it is leased; at once if it is dead already. */
  onLost(callback: (error: SerializedError) => void): void;
  /** Adds a remark about the resource below the table at the end of the session. */
  note(message: string): void;
  /** Gives the lease back; resolves when all that follows from its end is done. Safe to repeat. */
  release(): Promise<void>;
}

/** A part of a test that owns what it leases, such as a sample. */
export interface Activity {
  /** Runs `fn` so that the activity owns the leases that are requested inside it. */
  run<T>(fn: () => T): T;
  /** Call it when all that it ran has ended: leases that are left pass to the activity around it. */
  end(): void;
}

/** One line of an evaluation's findings, sent to the reporters of the run. */
export interface ReportRecord {
  readonly type: string;
  readonly data: Json;
}

/** Says which Jest project writes a log. */
export interface LogClaim {
  /** Absolute path. */
  readonly log: string;
  readonly project: string;
  readonly projectId: string;
}

/**
 * Grants leases: by the session's socket inside Jest, by a session in the same process elsewhere. Its objects
 * belong to another realm: compare its errors by `code`.
 */
export interface SessionClient {
  /** The prefixes of all providers. */
  readonly providerNames: readonly string[];
  /** The prefixes of the providers whose resources are models. */
  readonly modelNames: readonly string[];
  /** Absolute path of the user's provider module, if there is one. */
  readonly providerModule: string | undefined;
  /** Where applications under test send their requests; undefined outside Jest. */
  readonly tapEndpoint: TapEndpoint | undefined;
  /** Whether the resource was up when the test file began: a lease of it may then need no load. */
  isLoaded(request: Pick<LeaseRequest, 'provider' | 'name' | 'config'>): boolean;
  /** The run whose logs evaluations write; undefined in scripts. */
  readonly evals: EvalRun | undefined;
  /**
   * What the answers of a resource depend on, found without starting it; null if its provider does not say.
   *
   * @throws ModelProviderError what a start would throw for a resource that cannot be made, such as a missing
   *   file.
   */
  identify(ref: ResourceRef): Promise<Json>;
  /**
   * The name of the Jest project whose code this is; empty without one. Those of a matrix are named by their
   * models, which the names of evaluations have anyway.
   */
  readonly project: string;
  /** Jest's id of that project, which has no name to show; empty if no other project can run the same tests. */
  readonly projectId: string;
  /**
   * Claims a log for the project, before anything of it is used.
   *
   * @param log absolute path.
   * @throws ModelProviderError `CONFIG_INVALID` if another project of the run has claimed it.
   */
  claim(log: string): Promise<void>;
  /** Registers what an interrupted run must finish before the session ends; returns how to unregister it. */
  onShutdown(finish: () => Promise<void>): () => void;
  /** Shows how far an evaluation is; never fails the caller. */
  progress(update: EvalProgress): void;
  /** Tells the other processes of the run that an endpoint has had too many requests; never fails the caller. */
  pause(pause: EndpointPause): void;
  /** Called with what the others tell so, and with what is paused now. */
  onPause(listener: (pause: EndpointPause) => void): void;
  /** What the calls of the run's evaluations have cost so far, in all of its processes. */
  readonly spent: number;
  /** Adds to it, for the other processes of the run as well; never fails the caller. */
  spend(cost: number): void;
  /**
   * Called once when code of this realm imports the package: owners are tracked from then on only.
   *
   * @param mockedCall the name of a function of this package that the spec has called in the shape of a mock.
   */
  noticeImport(mockedCall: () => string | undefined): void;
  /** Called once when code of this realm uses recordings; `use` says which, until then. */
  noticeRecordings(use: () => RecordingUse): void;
  lease(request: LeaseRequest): Promise<SessionLease>;
  /** Keeps a record for the reporters; never fails the caller. */
  record(record: ReportRecord): void;
  /** Makes the code that follows in this chain of execution a separate owner. Call it before any `await`. */
  enterOwner(): void;
  /** Called in a block's first hook; returns a function that runs its argument as code of the whole block. */
  bindToBlock(): <T>(fn: () => Promise<T>) => Promise<T>;
  /** Begins an activity within the current one. */
  begin(label: string): Activity;
  /** The full name of the test whose code is running, or that runs; empty without one. */
  readonly test: string;
  /** Fails the test that runs, whatever becomes of the error in it. */
  failTest(error: SerializedError): void;
  /** Says that the running test has handled the death of that resource, so that it does not fail for it. */
  forgive(resourceId: string): void;
  /** Whether the `describe` being set up has selected tests, or hooks, that need its lease at once. */
  blockNeedsLease(): boolean;
  /** Called before each test of a block: whether the test, or hooks of the block, need its lease at once. */
  testNeedsLease(): boolean;
  /** Whether tests of `test.concurrent` are in the block that is being collected. */
  hasConcurrentTests(): boolean;
  /**
   * Called for the block of each model while its tests are collected.
   *
   * @throws ModelProviderError `MODELS_INVALID` if it contradicts the `modelMatrix()` of the run.
   */
  noticeBlock(request: ParsedRequest): void;
  /**
   * Marks the tests and hooks that `register` registers: they need no leases of the blocks around them, or
   * lease by themselves.
   */
  registerLazily<T>(register: () => T): T;
  /** Loads an optional ES module, which the realm of a spec cannot. Rejects as `import()` does. */
  importPackage(name: string): Promise<unknown>;
  /** Registers a provider that no module names, if the session allows it, and returns its prefix. */
  adopt(provider: unknown): string;
}

/** The variable through which workers learn where the session is: a `SessionAddress`. */
export const sessionVariable = 'JEST_MODEL_PROVIDER_SESSION';

/** The global property by which a Jest environment hands the session client to the spec realm. */
export const sessionClientKey = Symbol.for('jest-model-provider.session-client');

/** The global property by which the environment opens a session that is separate from the run's. */
export const privateClientKey = Symbol.for('jest-model-provider.private-client');
