import type { Json } from './json';

/** A user of this machine, by numbers. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** Where a server's directory is, and whose. */
export interface ServerDirectoryOptions {
  /** Whom it belongs to: the user that the server runs as. Only root may choose. */
  readonly user?: SystemUser | undefined;
  /** Keep it in memory where this machine has a file system for that, with 2 GiB to spare. */
  readonly inMemory?: boolean;
}

/** How to start a server process. */
export interface LaunchOptions {
  /** The executable: a path, or a name to be found on PATH. */
  readonly command: string;
  /** Its arguments. Never put a secret here: everybody on the machine can read them. */
  readonly args: readonly string[];
  /** Variables on top of an allow-listed environment (PATH, HOME, locale, temp directory and the like). */
  readonly env?: Readonly<Record<string, string>>;
  /** Names of variables of this process that the server may see besides the allow-listed ones. */
  readonly passEnv?: readonly string[];
  readonly cwd?: string;
  /** Milliseconds between the signal that stops it and SIGKILL; 5000 if not given. 0 kills it at once, for servers with nothing to save. */
  readonly graceMs?: number;
  /** The signal that asks it to stop; SIGTERM if not given. */
  readonly stopSignal?: StopSignal;
  /** Whom it runs as, without further groups; only root may choose. The user of this process if not given. */
  readonly user?: SystemUser;
  /** Texts that must never appear in a log tail or an error. */
  readonly secrets?: readonly string[];
  /** The cause of its death, if its last lines, followed by how it ended, tell one. */
  readonly causeOfDeath?: (evidence: string) => string | undefined;
}

/** Signals that servers stop on by themselves. */
export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGQUIT';

/** How a process ended: one of the two is not null, unless it ended together with the guardian. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A running server process, owned by the guardian. */
export interface ServerProcess {
  readonly pid: number;
  /** How it ended, or undefined while it runs. */
  readonly exit: ProcessExit | undefined;
  /** Resolves when it ends, however it ends. */
  readonly exited: Promise<ProcessExit>;
  /** The last lines it printed, escape codes and secrets removed. */
  logTail(lines?: number): string[];
  /** Bytes printed so far: a sign of life during a long load. */
  logSize(): number;
  /** Ends its whole process group: SIGTERM, grace, SIGKILL; resolves when no member is left. Safe to repeat. */
  stop(): Promise<void>;
}

/** A resource that a start depends on, leased until the dependent resource is gone. */
export interface DependencyLease {
  readonly resourceId: string;
  readonly connection: Json;
}

/**
 * How a resource makes room for others without ending. Both reject when the signal aborts, and both are limited: `sleep` by
 * `stopTimeoutMs`, `wake` by `startTimeoutMs`.
 */
export interface SleepSteps {
  /** Gives its devices up, and makes sure that they are free. If it throws, the resource is stopped instead. */
  sleep(signal: AbortSignal): Promise<void>;
  /**
   * Takes the same devices again, which are free, and makes sure that it answers as before. If it throws, the resource is stopped, and
   * made anew for whoever waits for it.
   */
  wake(signal: AbortSignal): Promise<void>;
}

/**
 * What the session gives to `createResource` and `destroyResource`. Everything made through it is undone by the session in
 * reverse order, also when the start fails, times out or is aborted.
 */
export interface ResourceContext {
  /** Unique per instance, for example `embedded:expert#1`. */
  readonly resourceId: string;
  /** As it was asked for, for example `embedded:expert`: what messages should call it. */
  readonly spec: string;
  /** Aborted when nobody waits for the start any more or its time is up. */
  readonly signal: AbortSignal;
  /** A private directory (0700) for the resource's files. Removed when the resource ends. */
  readonly directory: string;
  /** Makes another private directory (0700) of the resource, with a path short enough for a Unix socket in it. Removed when it ends. */
  serverDirectory(options?: ServerDirectoryOptions): string;
  /** The devices that it has for itself, of those that the provider's `devices()` named. Empty if it named none. */
  readonly devices: readonly string[];
  /** Says what the start is waiting for, shown as `embedded:expert loading 12 s, <message>`. */
  progress(message: string): void;
  /** Puts a remark under the table at the end of the session. */
  note(message: string): void;
  /**
   * Starts a server process, which the session owns and stops. Its death after the start is the death of the resource, whatever
   * its exit code; during the start, look at {@link ServerProcess.exit}.
   *
   * @throws ModelProviderError `COMMAND_NOT_FOUND`, `GUARDIAN_LOST`, `SETUP_FAILED`; the signal's reason if the start was given up.
   * @example
   * const server = await context.launch({ command: 'my-server', args: ['--port', String(port)], graceMs: 2000 });
   */
  launch(options: LaunchOptions): Promise<ServerProcess>;
  /** A port of 127.0.0.1 that is free now. It is not reserved: retry with another one on a bind conflict. */
  freePort(): Promise<number>;
  /**
   * Leases another resource for as long as this one lives; the session gives the lease back. If that resource dies, so does this one.
   *
   * @throws ModelProviderError what {@link ModelProvider.setup} throws.
   */
  lease(spec: string, config?: Json): Promise<DependencyLease>;
  /** Registers how to undo a step of the start; run in reverse order when the resource ends. */
  defer(title: string, undo: () => Promise<void> | void): void;
  /**
   * Says, during the start, that the resource can sleep. It is then put to sleep where it would be stopped because its slot is needed, unless it
   * leases others or is not kept without leases; meanwhile it counts neither under `maxLive` nor on its devices.
   */
  canSleep(steps: SleepSteps): void;
  /** A test that failed while it held a lease of the resource: its file and full name. Undefined if there was none. */
  readonly failedTest: string | undefined;
  /** Says what the resource leaves behind on purpose, and how to remove it; shown when the session ends. */
  keep(message: string): void;
  /** Reports that the resource died by itself: its users fail at once, with the last lines of its server. */
  lost(reason: string): void;
}

/** What `createClient` may use; it lives in the spec's own realm. */
export interface ClientContext {
  readonly resourceId: string;
  /** Aborted when the resource is lost or the lease ends: calls in flight must reject. Its reason is the error to throw. */
  readonly signal: AbortSignal;
}
