import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isModelProviderError, messageOf, ModelProviderError } from '../pattern/errors';
import { findNonJson, type Json } from '../pattern/json';
import type { AnyProvider } from '../pattern/registry';
import type {
  DependencyLease,
  LaunchOptions,
  ProcessExit,
  ResourceContext,
  ServerDirectoryOptions,
  ServerProcess,
  SleepSteps,
} from '../pattern/resource-context';
import { freePort } from '../process/ports';
import { describeExit } from '../process/server-process';
import { createServerDirectory } from '../process/session-directory';
import { TeardownStack } from './teardown-stack';
import { withinLimit } from './time-limit';
import type { BorrowedResource } from './warm-resources';

/** What a resource needs from its session. */
export interface ResourceSurroundings {
  readonly directory: string;
  /** Looks for the same resource, kept warm by somebody else; undefined where there is nobody to ask. */
  borrow(): Promise<BorrowedResource | undefined> | undefined;
  /** It is made now. */
  starting(): void;
  /** It will launch a server. */
  expectServer(): void;
  launch(options: LaunchOptions, directory: string): Promise<ServerProcess>;
  lease(
    spec: string,
    config: Json | undefined,
    signal: AbortSignal,
  ): Promise<DependencyLease & { release(): Promise<void> }>;
  progress(message: string): void;
  note(message: string): void;
  launched(pid: number, command: string): void;
  exited(pid: number, exit: ProcessExit): void;
  lost(reason: string, exit: ProcessExit | undefined, logTail: string[]): void;
  kept(message: string): void;
}

export interface ResourcePlan {
  readonly resourceId: string;
  readonly spec: string;
  readonly name: string;
  readonly config: Json | undefined;
  readonly provider: AnyProvider;
  readonly devices: readonly string[];
  /** Of which its devices are; undefined if its provider names none. */
  readonly pool: readonly string[] | undefined;
}

// How long a start that ignores its abort signal is waited for before its processes are ended under it.
const abortPatienceMs = 1000;
// The last lines of a server are often the traceback of an effect.
const evidenceLines = 400;
// A provider's own step: its message needs no title.
const ownStep = 'destroyResource';

/** One resource from its start to its end: runs the provider's session half and undoes everything that was made for it. */
export class LiveResource {
  readonly plan: ResourcePlan;
  connection: Json = null;
  /** Of its first server; null if it has none. */
  commandLine: string | null = null;
  /** Milliseconds from the grant of its slot until it was ready. */
  startMs = 0;
  /** The process that keeps it warm, if it is not ours. */
  borrowedFrom: number | undefined;
  /** Those of its plan or, if it was warm already, those on which it is. */
  devices: readonly string[];
  readonly #surroundings: ResourceSurroundings;
  readonly #teardown = new TeardownStack();
  readonly #abort = new AbortController();
  readonly #context: ResourceContext;
  #directory = '';
  #failedTest: string | undefined;
  /** The start, or the sleep or wake that is under way. */
  #work: Promise<unknown> = Promise.resolve();
  #sleepSteps: SleepSteps | undefined;
  #isStopping = false;
  #isUp = false;
  #hasBeenUp = false;
  readonly #servers: ServerProcess[] = [];

  constructor(plan: ResourcePlan, surroundings: ResourceSurroundings) {
    this.plan = plan;
    this.devices = plan.devices;
    this.#surroundings = surroundings;
    this.#context = this.#makeContext();
  }

  /**
   * Runs `createResource` within the provider's start limit. The limit counts from here: waiting for a slot is not part of it.
   * {@link confirm} ends the start.
   *
   * @throws ModelProviderError `SETUP_TIMEOUT`, `SETUP_ABORTED`, `SETUP_FAILED`, or the provider's own; nothing is left behind
   *   once {@link stop} has resolved.
   */
  async start(): Promise<void> {
    const { provider, spec } = this.plan;
    const { startTimeoutMs } = provider.constraints;
    this.#work = this.#make();
    const timeout = (): ModelProviderError =>
      new ModelProviderError(
        'SETUP_TIMEOUT',
        `"${spec}" was not ready within its start limit of ${startTimeoutMs} ms.`,
        { details: { spec } },
      );
    try {
      const connection = await withinLimit(this.#orAborted(this.#work), startTimeoutMs, timeout);
      this.connection = requireJson(connection, spec);
    } catch (error) {
      this.#abort.abort(error);
      if (isModelProviderError(error, 'SETUP_TIMEOUT')) throw await this.#inItsWords(error);
      throw isModelProviderError(error)
        ? error
        : new ModelProviderError('SETUP_FAILED', `"${spec}" could not be set up: ${messageOf(error)}`, {
            cause: error,
            details: { spec },
          });
    }
  }

  /**
   * To be called in the very moment in which the session lends the resource: from here on its death is a loss, before it a
   * failed start.
   */
  confirm(): void {
    this.#abort.signal.throwIfAborted();
    const dead = this.#servers.at(-1)?.exit;
    if (dead !== undefined)
      throw this.#diedStarting(`its server ${describeExit(dead)} just as it became ready`);
    this.#isUp = true;
    this.#hasBeenUp = true;
  }

  get canSleep(): boolean {
    return this.#sleepSteps !== undefined;
  }

  /**
   * Has it give its devices up.
   *
   * @throws what the provider's step throws, or an `Error` when it takes longer than the stop limit; it must then be stopped.
   */
  async sleep(): Promise<void> {
    const { stopTimeoutMs } = this.plan.provider.constraints;
    await this.#take(
      (signal) => this.#sleepSteps?.sleep(signal),
      stopTimeoutMs,
      `it was not asleep within its stop limit of ${stopTimeoutMs} ms`,
    );
  }

  /**
   * Has it take its devices again; {@link confirm} ends that. Until then its death is a failed wake.
   *
   * @throws what the provider's step throws, or an `Error` when it takes longer than the start limit; it must then be stopped.
   */
  async wake(): Promise<void> {
    this.#isUp = false;
    const { startTimeoutMs } = this.plan.provider.constraints;
    await this.#take(
      (signal) => this.#sleepSteps?.wake(signal),
      startTimeoutMs,
      `it was not awake within its start limit of ${startTimeoutMs} ms`,
    );
  }

  /** To be called when something that the resource needs has died. */
  lose(reason: string, exit?: ProcessExit, logTail: string[] = []): void {
    if (this.#isStopping) return;
    if (this.#isUp) this.#surroundings.lost(reason, exit, logTail);
    else this.#abort.abort(this.#diedStarting(reason));
  }

  /** To be called when a test that held a lease has failed. */
  testFailed(test: string): void {
    this.#failedTest ??= test;
  }

  /** Makes a start under way fail with `SETUP_ABORTED`. */
  abort(reason: string): void {
    this.#isStopping = true;
    this.#abort.abort(
      new ModelProviderError('SETUP_ABORTED', `The setup of "${this.plan.spec}" was given up: ${reason}.`),
    );
  }

  /**
   * Ends the resource: `destroyResource`, then every step of the start in reverse. All steps are attempted.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED` naming all steps that failed; it may be called again.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const { provider, resourceId } = this.plan;
    const { stopTimeoutMs } = provider.constraints;
    const isLate = !(await this.#workEnds(abortPatienceMs));
    let failures = await this.#teardown.unwind(stopTimeoutMs);
    if (isLate) {
      const error = new Error('has not ended, although its signal was aborted');
      if (await this.#workEnds(stopTimeoutMs)) failures = await this.#teardown.unwind(stopTimeoutMs);
      else failures = [...failures, { title: 'createResource', error }];
    }
    if (failures.length === 0) return;
    const said = failures.map(
      ({ title, error }) => `${title === ownStep ? '' : `${title}: `}${messageOf(error)}`,
    );
    throw new ModelProviderError(
      'TEARDOWN_FAILED',
      `"${resourceId}" could not be torn down: ${said.join('; ')}`,
      {
        details: { resourceId, failures: said },
      },
    );
  }

  async #make(): Promise<unknown> {
    // Asked only where there is somebody to ask: a start begins in the very moment of its grant.
    const borrowing = this.#surroundings.borrow();
    const borrowed = borrowing && (await borrowing);
    if (borrowed !== undefined) return this.#borrow(borrowed);
    this.#abort.signal.throwIfAborted();
    this.#surroundings.starting();
    const { provider, resourceId, name, config } = this.plan;
    this.#makeDirectory();
    const connection = (await provider.createResource(name, config, this.#context)) as Json;
    // Also when it comes after the start was given up: what was made must be destroyed.
    this.#teardown.push(ownStep, () =>
      provider.destroyResource({ resourceId, name, connection }, this.#context),
    );
    return connection;
  }

  async #take(
    step: (signal: AbortSignal) => Promise<void> | undefined,
    limitMs: number,
    late: string,
  ): Promise<void> {
    const work = Promise.resolve(step(this.#abort.signal));
    this.#work = work;
    await withinLimit(this.#orAborted(work), limitMs, () => new Error(late));
  }

  #borrow(borrowed: BorrowedResource): Json {
    const { from, connection, devices, command } = borrowed;
    this.borrowedFrom = from;
    this.devices = devices;
    this.commandLine = command;
    this.#teardown.push('give it back', () => borrowed.giveBack());
    return connection;
  }

  /** A start that ran out of time: the provider may know what was run, and what that printed. */
  async #inItsWords(timeout: ModelProviderError): Promise<ModelProviderError> {
    const said = await withinLimit(this.#work, abortPatienceMs, () => timeout).catch(
      (error: unknown) => error,
    );
    return isModelProviderError(said, 'SETUP_TIMEOUT') ? said : timeout;
  }

  async #workEnds(limitMs: number): Promise<boolean> {
    const ended = this.#work.then(
      () => true,
      () => true,
    );
    return withinLimit(ended, limitMs, () => new Error('still at work')).catch(() => false);
  }

  async #orAborted<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#abort;
    let onAbort: () => void = () => undefined;
    const aborted = new Promise<never>((_resolve, reject) => {
      onAbort = () => reject(signal.reason as Error);
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #makeContext(): ResourceContext {
    const directory = (): string => this.#directory;
    const failedTest = (): string | undefined => this.#failedTest;
    return {
      resourceId: this.plan.resourceId,
      spec: this.plan.spec,
      signal: this.#abort.signal,
      get directory() {
        return directory();
      },
      serverDirectory: (options) => this.#makeServerDirectory(options),
      devices: this.plan.devices,
      progress: (message) => this.#surroundings.progress(message),
      note: (message) => this.#surroundings.note(message),
      freePort,
      launch: (options) => this.#launch(options),
      lease: (spec, config) => this.#lease(spec, config),
      defer: (title, undo) => this.#teardown.push(title, undo),
      get failedTest() {
        return failedTest();
      },
      keep: (message) => this.#surroundings.kept(message),
      canSleep: (steps) => (this.#sleepSteps = steps),
      lost: (reason) => this.lose(reason, undefined, this.#servers.at(-1)?.logTail()),
    };
  }

  // Two ids may differ only in what a file name cannot hold.
  #makeDirectory(): void {
    const readable = this.plan.resourceId.replaceAll(/[^\w.-]+/g, '_').slice(-60);
    const directory = mkdtempSync(join(this.#surroundings.directory, `${readable}-`));
    this.#directory = directory;
    this.#teardown.push('remove its directory', () => rmSync(directory, { recursive: true, force: true }));
  }

  #makeServerDirectory(options: ServerDirectoryOptions = {}): string {
    this.#surroundings.expectServer();
    const directory = createServerDirectory(this.#surroundings.directory, options);
    this.#teardown.push('remove its directory', () => rmSync(directory, { recursive: true, force: true }));
    return directory;
  }

  async #launch(options: LaunchOptions): Promise<ServerProcess> {
    this.#abort.signal.throwIfAborted();
    const launched = this.#surroundings.launch(options, this.#context.directory);
    // Registered before it exists, so that a start which is given up at this very moment still ends it.
    this.#teardown.push(`stop ${options.command}`, async () =>
      (await launched.catch(() => undefined))?.stop(),
    );
    const server = await launched;
    this.#servers.push(server);
    this.commandLine ??= [options.command, ...options.args].join(' ');
    this.#surroundings.launched(server.pid, options.command);
    void server.exited.then((exit) => {
      this.#surroundings.exited(server.pid, exit);
      if (this.#hasBeenUp) this.lose(reasonOfDeath(server, exit, options), exit, server.logTail());
    });
    return server;
  }

  async #lease(spec: string, config: Json | undefined): Promise<DependencyLease> {
    if (this.#hasBeenUp) throw leasedTooLate(this.plan.resourceId, spec);
    const lease = await this.#surroundings.lease(spec, config, this.#abort.signal);
    this.#teardown.push(`release ${spec}`, () => lease.release());
    return lease;
  }

  #diedStarting(reason: string): ModelProviderError {
    const { spec } = this.plan;
    return new ModelProviderError(
      'SETUP_FAILED',
      `"${spec}" died while it was ${this.#hasBeenUp ? 'woken' : 'started'}: ${reason}.`,
      {
        details: { spec },
      },
    );
  }
}

function reasonOfDeath(server: ServerProcess, exit: ProcessExit, { causeOfDeath }: LaunchOptions): string {
  const ended = `its server (pid ${server.pid}) ${describeExit(exit)}`;
  try {
    const cause = causeOfDeath?.([...server.logTail(evidenceLines), ended].join('\n'));
    return cause === undefined ? ended : `${cause} (${ended})`;
  } catch {
    // A provider that fails to say the cause must not hide the death.
    return ended;
  }
}

// Leases that are asked for during a start alone cannot form a circle of resources that keep each other alive.
function leasedTooLate(resourceId: string, spec: string): ModelProviderError {
  return new ModelProviderError(
    'PROVIDER_INVALID',
    `"${resourceId}" asked for "${spec}" after its start: call context.lease() before createResource() returns.`,
    { details: { resourceId, spec } },
  );
}

function requireJson(connection: unknown, spec: string): Json {
  const path = connection === undefined ? '.' : findNonJson(connection);
  if (path === undefined) return connection as Json;
  throw new ModelProviderError(
    'PROVIDER_INVALID',
    `The connection of "${spec}" must be JSON, since it is sent to other processes; connection${path === '.' ? '' : path} is not.`,
    { details: { spec, path } },
  );
}
