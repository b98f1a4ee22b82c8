import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isModelProviderError, messageOf, ModelProviderError } from '../pattern/errors';
import { findNonJson, type Json } from '../pattern/json';
import type { AnyProvider } from '../pattern/registry';
import type {
  DependencyLease,
  LaunchOptions,
  ProcessExit,
  ResourceContext,
  ServerProcess,
} from '../pattern/resource-context';
import { freePort } from '../process/ports';
import { describeExit } from '../process/server-process';
import { TeardownStack } from './teardown-stack';
import { withinLimit } from './time-limit';

/** What a resource needs from its session. */
export interface ResourceSurroundings {
  readonly directory: string;
  launch(options: LaunchOptions, directory: string): Promise<ServerProcess>;
  lease(
    spec: string,
    config: Json | undefined,
    signal: AbortSignal,
  ): Promise<DependencyLease & { release(): Promise<void> }>;
  progress(message: string): void;
  launched(pid: number, command: string): void;
  exited(pid: number, exit: ProcessExit): void;
  lost(reason: string, exit: ProcessExit | undefined, logTail: string[]): void;
}

export interface ResourcePlan {
  readonly resourceId: string;
  readonly spec: string;
  readonly name: string;
  readonly config: Json | undefined;
  readonly provider: AnyProvider;
}

// How long a start that ignores its abort signal is waited for before its processes are ended under it.
const abortPatienceMs = 1000;

/** One resource from its start to its end: runs the provider's session half and undoes everything that was made for it. */
export class LiveResource {
  readonly plan: ResourcePlan;
  connection: Json = null;
  readonly #surroundings: ResourceSurroundings;
  readonly #teardown = new TeardownStack();
  readonly #abort = new AbortController();
  readonly #context: ResourceContext;
  #start: Promise<unknown> = Promise.resolve();
  #isStopping = false;
  #isMade = false;
  #isUp = false;
  readonly #servers: ServerProcess[] = [];

  constructor(plan: ResourcePlan, surroundings: ResourceSurroundings) {
    this.plan = plan;
    this.#surroundings = surroundings;
    this.#context = this.#makeContext();
  }

  /**
   * Runs `createResource` within the provider's start limit. The limit counts from here: waiting for a slot is not part of it.
   *
   * @throws ModelProviderError `SETUP_TIMEOUT`, `SETUP_ABORTED`, `SETUP_FAILED`, or the provider's own; nothing is left behind
   *   once {@link stop} has resolved.
   */
  async start(): Promise<void> {
    const { provider, name, config, spec } = this.plan;
    const { startTimeoutMs } = provider.constraints;
    this.#start = Promise.resolve().then(() => provider.createResource(name, config, this.#context));
    // Also when it succeeds after it was given up, so that the stop knows that there is something to destroy.
    this.#start.then(
      () => (this.#isMade = true),
      () => undefined,
    );
    const timeout = (): ModelProviderError =>
      new ModelProviderError(
        'SETUP_TIMEOUT',
        `"${spec}" was not ready within its start limit of ${startTimeoutMs} ms.`,
        { details: { spec } },
      );
    try {
      const connection = await withinLimit(this.#orAborted(this.#start), startTimeoutMs, timeout);
      this.connection = requireJson(connection, spec);
      this.#requireAlive();
      this.#isUp = true;
    } catch (error) {
      this.#abort.abort(error);
      throw isModelProviderError(error)
        ? error
        : new ModelProviderError('SETUP_FAILED', `"${spec}" could not be set up: ${messageOf(error)}`, {
            cause: error,
            details: { spec },
          });
    }
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
    const { provider, resourceId, name } = this.plan;
    const { stopTimeoutMs } = provider.constraints;
    const failures: string[] = [];
    await withinLimit(this.#start, abortPatienceMs, () => new Error('still starting')).catch(() => undefined);
    const limit = (what: string) => (): Error =>
      new Error(`${what} took longer than its stop limit of ${stopTimeoutMs} ms`);
    if (this.#isMade) {
      const resource = { resourceId, name, connection: this.connection };
      const destroyed = Promise.resolve().then(() => provider.destroyResource(resource, this.#context));
      await withinLimit(destroyed, stopTimeoutMs, limit('destroyResource')).then(
        () => (this.#isMade = false),
        (error: unknown) => failures.push(messageOf(error)),
      );
    }
    const unwound = await withinLimit(this.#teardown.unwind(), stopTimeoutMs, limit('stopping')).catch(
      (error: unknown) => [{ title: 'stop', error }],
    );
    failures.push(...unwound.map(({ title, error }) => `${title}: ${messageOf(error)}`));
    if (failures.length === 0) return;
    throw new ModelProviderError(
      'TEARDOWN_FAILED',
      `"${resourceId}" could not be torn down: ${failures.join('; ')}`,
      {
        details: { resourceId, failures },
      },
    );
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
    const { resourceId } = this.plan;
    const directory = this.#makeDirectory();
    return {
      resourceId,
      signal: this.#abort.signal,
      directory,
      progress: (message) => this.#surroundings.progress(message),
      freePort,
      launch: (options) => this.#launch(options),
      lease: (spec, config) => this.#lease(spec, config),
      defer: (title, undo) => this.#teardown.push(title, undo),
      lost: (reason) => this.#lost(reason, undefined, []),
    };
  }

  #makeDirectory(): string {
    const directory = join(
      this.#surroundings.directory,
      this.plan.resourceId.replaceAll(/[^\w.-]+/g, '_').slice(-60),
    );
    mkdirSync(directory, { recursive: true, mode: 0o700 });
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
    this.#surroundings.launched(server.pid, options.command);
    void server.exited.then((exit) => {
      this.#surroundings.exited(server.pid, exit);
      if (this.#isUp)
        this.#lost(`its server (pid ${server.pid}) ${describeExit(exit)}`, exit, server.logTail());
    });
    return server;
  }

  /** A server that died after its last check but before the start was over is dead all the same. */
  #requireAlive(): void {
    const dead = this.#servers.at(-1);
    if (dead?.exit === undefined) return;
    throw new ModelProviderError(
      'SETUP_FAILED',
      `The server of "${this.plan.spec}" ${describeExit(dead.exit)} just as it became ready.`,
    );
  }

  async #lease(spec: string, config: Json | undefined): Promise<DependencyLease> {
    const lease = await this.#surroundings.lease(spec, config, this.#abort.signal);
    this.#teardown.push(`release ${spec}`, () => lease.release());
    return lease;
  }

  #lost(reason: string, exit: ProcessExit | undefined, logTail: string[]): void {
    if (this.#isStopping) return;
    this.#surroundings.lost(reason, exit, logTail);
  }
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
