import type { Json } from '../base/json';

/** A user of this machine, by numbers. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** Where a server's directory is, and who owns it. */
export interface ServerDirectoryOptions {
  /** The owner: the user that the server runs as. Only root may choose. */
  readonly user?: SystemUser | undefined;
  /** Keep it in memory, if this machine has a memory file system with 2 GiB to spare. */
  readonly inMemory?: boolean;
}

/** How to start a server process. */
export interface LaunchOptions {
  /** The executable: a path, or a name to be found on PATH. */
  readonly command: string;
  /** Its arguments. Never put a secret here: all users of the machine can read them. */
  readonly args: readonly string[];
  /** Variables besides an allow-listed environment (PATH, HOME, locale, temporary directory and so on). */
  readonly env?: Readonly<Record<string, string>>;
  /** Names of variables of this process that the server gets besides the allow-listed ones. */
  readonly passEnv?: readonly string[];
  /** Its working directory; that of this process if not given. */
  readonly cwd?: string;
  /**
   * Milliseconds between the stop signal and SIGKILL; 5000 if not given. With 0, for servers with nothing to
   * save, SIGKILL is sent at once.
   */
  readonly graceMs?: number;
  /** The signal that asks it to stop; SIGTERM if not given. */
  readonly stopSignal?: StopSignal;
  /**
   * The user that it runs as, without supplementary groups; only root may choose. The user of this process if
   * not given.
   */
  readonly user?: SystemUser;
  /** Texts that no log tail and no error may show. */
  readonly secrets?: readonly string[];
  /** Finds the cause of its death in its last lines, the last of which says how it ended. */
  readonly causeOfDeath?: (evidence: string) => string | undefined;
}

/** Signals on which servers stop by themselves. */
export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGQUIT';

/** How a process ended: one field is not null, unless the process ended together with the guardian. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** What else is known of the end, in words: what went on after it, or what the guardian died of. */
  readonly note?: string;
}

/** A running server process, owned by the guardian. */
export interface ServerProcess {
  readonly pid: number;
  /** How it ended, or undefined while it runs. */
  readonly exit: ProcessExit | undefined;
  /** Resolves when it ends, however it ends. */
  readonly exited: Promise<ProcessExit>;
  /** The last lines that it printed, 20 by default, without escape codes and secrets. */
  logTail(lines?: number): string[];
  /** The number of bytes printed so far: a sign of life during a long load. */
  logSize(): number;
  /**
   * Ends its process group and all that has left it: stop signal, grace, SIGKILL. Resolves when nothing of it
   * is left. Safe to repeat.
   *
   * @throws ModelProviderError `TEARDOWN_FAILED` if a process survives SIGKILL.
   */
  stop(): Promise<void>;
}

/** The lease of a resource that a start depends on. It lasts until the dependent resource is gone. */
export interface DependencyLease {
  readonly resourceId: string;
  readonly connection: Json;
}

/**
 * How a resource makes room for others without ending. Both steps reject when the signal aborts. `sleep` may
 * take `stopTimeoutMs`, `wake` may take `startTimeoutMs`.
 */
export interface SleepSteps {
  /** Frees its devices, and checks that they are free. If it throws, the resource is stopped instead. */
  sleep(signal: AbortSignal): Promise<void>;
  /**
   * Takes the same devices again, which are free by then, and checks that it answers as before. If it throws,
   * the resource is stopped, and made anew if a request waits for it.
   */
  wake(signal: AbortSignal): Promise<void>;
}

/**
 * What the session gives to `createResource` and `destroyResource`. The session undoes everything that was
 * made through it, in reverse order, also when the start fails, times out or is aborted.
 */
export interface ResourceContext {
  /** Unique for each instance of a resource, for example `embedded:expert#1`. */
  readonly resourceId: string;
  /** As it was asked for, for example `embedded:expert`: use it in messages. */
  readonly spec: string;
  /** Aborted when no request waits for the start any more, or when its time is up. */
  readonly signal: AbortSignal;
  /** A private directory (0700) for the resource's files. Removed when the resource ends. */
  readonly directory: string;
  /**
   * Makes another private directory (0700) of the resource, with a path short enough for a Unix socket in it.
   * Removed when the resource ends.
   */
  serverDirectory(options?: ServerDirectoryOptions): string;
  /**
   * The devices allocated to the resource, out of those that the provider's `devices()` named. Empty if it
   * named none.
   */
  readonly devices: readonly string[];
  /** Says what the start waits for; shown as `embedded:expert loading 12 s, <message>`. */
  progress(message: string): void;
  /** Adds a remark below the table at the end of the session. */
  note(message: string): void;
  /**
   * Starts a server process, which the session owns and stops. If it dies after the start, the resource is
   * lost, whatever the exit code; during the start, look at {@link ServerProcess.exit}.
   *
   * @throws ModelProviderError `COMMAND_NOT_FOUND`, `GUARDIAN_LOST`, `SETUP_FAILED`; the signal's reason if
   *   the start is aborted.
   * @example
   * const args = ['--port', String(await context.freePort())];
   * const server = await context.launch({ command: 'my-server', args, graceMs: 2000 });
   */
  launch(options: LaunchOptions): Promise<ServerProcess>;
  /** A port of 127.0.0.1 that is free now. It is not reserved: on a bind conflict, retry with another one. */
  freePort(): Promise<number>;
  /**
   * Leases another resource for as long as this one lives; the session gives the lease back. If the other
   * resource is lost, so is this one.
   *
   * @throws ModelProviderError what {@link ModelProvider.setup} throws.
   */
  lease(spec: string, config?: Json): Promise<DependencyLease>;
  /** Registers how to undo a step of the start. These steps run in reverse order when the resource ends. */
  defer(title: string, undo: () => Promise<void> | void): void;
  /**
   * Says, during the start, that the resource can sleep. When its place is needed it is then put to sleep
   * instead of being stopped, unless it leases other resources or is not kept without leases. While it sleeps
   * it counts neither for `maxLive` nor on its devices.
   */
  canSleep(steps: SleepSteps): void;
  /**
   * Puts a step of the resource's end off until the test file that has leased it has ended, and can notice
   * nothing any more; for resources of one lease. Without such a file, or when it has ended, the step is
   * carried out at once. A step that fails is reported as a teardown that failed.
   *
   * @param step `look` is called when the file is about to end, with its name; `end` is the step itself.
   */
  putOff(
    title: string,
    step: { look(file: string): Promise<void> | void; end(): Promise<void> | void },
  ): Promise<void>;
  /** The file and full name of a test that failed while it held a lease of the resource, if there is one. */
  readonly failedTest: string | undefined;
  /** Says what the resource leaves behind on purpose, and how to remove it. Shown when the session ends. */
  keep(message: string): void;
  /** Reports that the resource has died: its users fail at once, with the last lines of its server. */
  lost(reason: string): void;
}

/** What `createClient` may use, in the realm of the spec. */
export interface ClientContext {
  readonly resourceId: string;
  /** What the resource is, such as `openai:gpt-5-mini`. */
  readonly spec: string;
  /** Aborted when the resource is lost or the lease ends: calls in flight must reject with its reason. */
  readonly signal: AbortSignal;
  /** Adds a remark below the table at the end of the session, until the lease ends. */
  note(message: string): void;
}
