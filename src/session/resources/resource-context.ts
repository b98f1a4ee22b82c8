import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../base/json';
import type {
  DependencyLease,
  LaunchOptions,
  ProcessExit,
  ResourceContext,
  ServerDirectoryOptions,
  ServerProcess,
  SleepSteps,
} from '../../pattern/resource-context';
import { describeExit } from '../../process/guardian/describe-exit';
import { createServerDirectory } from '../../process/ledger/session-directory';
import { freePort } from '../../process/os/ports';
import { leasedTooLateError } from './resource-errors';
import type { TeardownStack } from './teardown-stack';

/** What a context needs from the session. */
export interface ContextPorts {
  /** The session's directory, which those of its resources lie in. */
  readonly directory: string;
  /** Announces a launch, so that the guardian starts while the provider prepares it. */
  expectServer(): void;
  launch(options: LaunchOptions, directory: string): Promise<ServerProcess>;
  lease(
    spec: string,
    config: Json | undefined,
    signal: AbortSignal,
  ): Promise<DependencyLease & { release(): Promise<void> }>;
  progress(message: string): void;
  note(message: string): void;
  kept(message: string): void;
  putOff(title: string, step: Parameters<ResourceContext['putOff']>[1]): Promise<void>;
  launched(pid: number, command: string): void;
  exited(pid: number, exit: ProcessExit): void;
}

/** What a context needs from the resource that it belongs to. */
export interface ContextOwner {
  readonly resourceId: string;
  readonly spec: string;
  readonly devices: readonly string[];
  /** Aborted when the work of the provider is given up. */
  readonly signal: AbortSignal;
  readonly teardown: TeardownStack;
  /** During the start a provider may lease dependencies, and looks after its servers itself. */
  isStarting(): boolean;
  lose(reason: string, exit?: ProcessExit, logTail?: string[]): void;
}

// The last lines of a server are often the traceback of an effect.
const evidenceLines = 400;

/** The context of one resource's session half, with what the provider has made through it. */
export class TrackedContext {
  /** What `createResource` and `destroyResource` get. */
  readonly context: ResourceContext;
  /** The command line of the first server; null without a server. */
  commandLine: string | null = null;
  sleepSteps: SleepSteps | undefined;
  /** The first test that failed while it held a lease of the resource. */
  failedTest: string | undefined;
  readonly #owner: ContextOwner;
  readonly #ports: ContextPorts;
  readonly #servers: ServerProcess[] = [];
  #directory = '';

  constructor(owner: ContextOwner, ports: ContextPorts) {
    this.#owner = owner;
    this.#ports = ports;
    this.context = this.#make();
  }

  get lastServer(): ServerProcess | undefined {
    return this.#servers.at(-1);
  }

  /** Makes the private directory of the resource. Two ids may differ only in what a file name cannot hold. */
  makeDirectory(): void {
    const readable = this.#owner.resourceId.replaceAll(/[^\w.-]+/g, '_').slice(-60);
    this.#directory = this.#removedAtEnd(mkdtempSync(join(this.#ports.directory, `${readable}-`)));
  }

  #make(): ResourceContext {
    const { resourceId, spec, devices, signal, teardown } = this.#owner;
    const directory = (): string => this.#directory;
    const failedTest = (): string | undefined => this.failedTest;
    return {
      ...{ resourceId, spec, devices, signal },
      get directory() {
        return directory();
      },
      serverDirectory: (options) => this.#makeServerDirectory(options),
      progress: (message) => this.#ports.progress(message),
      note: (message) => this.#ports.note(message),
      freePort,
      launch: (options) => this.#launch(options),
      lease: (dependency, config) => this.#lease(dependency, config),
      defer: (title, undo) => teardown.push(title, undo),
      putOff: (title, step) => this.#ports.putOff(title, step),
      get failedTest() {
        return failedTest();
      },
      keep: (message) => this.#ports.kept(message),
      canSleep: (steps) => (this.sleepSteps = steps),
      lost: (reason) => this.#owner.lose(reason, undefined, this.lastServer?.logTail()),
    };
  }

  #makeServerDirectory(options: ServerDirectoryOptions = {}): string {
    this.#ports.expectServer();
    return this.#removedAtEnd(createServerDirectory(this.#ports.directory, options));
  }

  #removedAtEnd(directory: string): string {
    this.#owner.teardown.push('remove its directory', () =>
      rmSync(directory, { recursive: true, force: true }),
    );
    return directory;
  }

  async #launch(options: LaunchOptions): Promise<ServerProcess> {
    const { signal, teardown } = this.#owner;
    signal.throwIfAborted();
    const launched = this.#ports.launch(options, this.#directory);
    // Registered before the server exists, so that a start which is given up at this very moment still ends
    // it.
    teardown.push(`stop ${options.command}`, async () => (await launched.catch(() => undefined))?.stop());
    const server = await launched;
    this.#servers.push(server);
    this.commandLine ??= [options.command, ...options.args].join(' ');
    this.#ports.launched(server.pid, options.command);
    void server.exited.then((exit) => {
      this.#ports.exited(server.pid, exit);
      if (!this.#owner.isStarting())
        this.#owner.lose(reasonOfDeath(server, exit, options), exit, server.logTail());
    });
    return server;
  }

  async #lease(spec: string, config: Json | undefined): Promise<DependencyLease> {
    const { resourceId, signal, teardown } = this.#owner;
    // With leases taken during the start alone, resources cannot form a cycle that keeps them alive.
    if (!this.#owner.isStarting()) throw leasedTooLateError(resourceId, spec);
    const lease = await this.#ports.lease(spec, config, signal);
    teardown.push(`release ${spec}`, () => lease.release());
    return lease;
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
