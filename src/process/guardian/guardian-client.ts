import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { ErrorCodes, ResponseError, type MessageConnection } from 'vscode-jsonrpc/node';
import { isModelProviderError, ModelProviderError, type ErrorCode } from '../../base/errors';
import { messageConnection, whyBroken } from '../../base/message-connection';
import type { ProcessExit } from '../../pattern/resource-context';
import { plugAndPlayArguments } from '../os/plug-n-play';
import { killLimitMs, type GroupStop } from '../os/process-group';
import { processEntry } from '../os/process-identity';
import { AnswerWatch, type SilenceLimits } from './answer-watch';
import {
  endRequest,
  exitNotification,
  forceKillNotification,
  launchRequest,
  lookNotification,
  pingRequest,
  stopRequest,
  type ExitNotice,
  type GuardianOptions,
  type LaunchRequest,
} from './guardian-protocol';
import { describeExit } from './describe-exit';
import { LastWords } from './last-words';

/** The session's end of the connection to one guardian process. */
export interface GuardianClient {
  readonly pid: number;
  /** Starts a server. `onExit` is called once: when its leader ends, or when the guardian is lost. */
  launch(request: LaunchRequest, onExit: (exit: ProcessExit) => void): Promise<{ pid: number }>;
  /** Stops a server; resolves when no process of it is left, or when the survivors are known. */
  stop(id: string): Promise<GroupStop>;
  /** Has it look now which processes its servers have. */
  look(): Promise<void>;
  /**
   * Ends all grace periods; resolves when the guardian has been told, so that `close()` cannot cut it off.
   */
  forceKill(): Promise<void>;
  /** Has it end every server, and resolves when it is gone; also when it was lost before that. */
  close(): Promise<void>;
}

/** How long a guardian is waited for. */
export interface GuardianPatience {
  readonly limits?: SilenceLimits | undefined;
  /** When it is aborted, a guardian that is silent is given up soon. */
  readonly hurry?: AbortSignal | undefined;
}

const defaultLimits: SilenceLimits = { silentMs: 20_000, shortMs: 2000 };
/** For what takes a moment: the spawn of a process, a line of the ledger on a slow disk. */
const momentMs = 60_000;
/** Its group, and what has left it, each have a limit. */
const endMs = 2 * killLimitMs + momentMs;

/**
 * Starts a guardian in its own process session, so that no signal of the terminal reaches it. The guardian
 * keeps this process from ending only while a call to it is in flight. A guardian that does not answer is
 * killed, and counts as one that has died.
 *
 * @param onLost called if the guardian ends before it is closed, or is given up.
 * @throws ModelProviderError `GUARDIAN_LOST` if it cannot be started.
 */
export async function startGuardian(
  options: GuardianOptions,
  onLost: () => void,
  patience: GuardianPatience = {},
): Promise<GuardianClient> {
  const { NODE_OPTIONS: _options, NODE_CHANNEL_FD: _channel, ...env } = process.env;
  const args = [...plugAndPlayArguments(), join(__dirname, 'main.js'), JSON.stringify(options)];
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env,
  });
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error];
    throw new ModelProviderError(
      'GUARDIAN_LOST',
      `The guardian process cannot be started: ${error.message}`,
      { cause: error },
    );
  }
  const client = new Client(child as GuardianProcess, onLost, patience);
  await client.start();
  return client;
}

interface GuardianProcess extends ChildProcess {
  readonly pid: number;
  readonly stdin: Socket;
  readonly stdout: Socket;
  readonly stderr: Socket;
}

class Client implements GuardianClient {
  readonly pid: number;
  readonly #child: GuardianProcess;
  readonly #connection: MessageConnection;
  readonly #words: LastWords;
  readonly #watch: AnswerWatch;
  readonly #onExit = new Map<string, (exit: ProcessExit) => void>();
  readonly #graceMs = new Map<string, number>();
  readonly #lost: Promise<never>;
  #given: string | undefined;
  #giveUp: () => void = () => undefined;
  #phase: 'starting' | 'up' | 'closing' = 'starting';
  #calls = 0;

  constructor(child: GuardianProcess, onLost: () => void, { limits, hurry }: GuardianPatience) {
    this.#child = child;
    this.pid = child.pid;
    this.#words = new LastWords(child.stderr);
    this.#connection = messageConnection(child.stdout, child.stdin);
    this.#connection.onNotification(exitNotification, (notice) => this.#exited(notice));
    this.#connection.onError(() => undefined);
    child.stdin.on('error', () => undefined);
    this.#watch = new AnswerWatch(
      { pid: child.pid, startTime: processEntry(child.pid)?.startTime ?? '' },
      limits ?? defaultLimits,
      hurry ?? new AbortController().signal,
      () => this.#connection.sendRequest(pingRequest),
      (why) => this.#kill(why),
    );
    const ended = this.#end();
    this.#lost = ended.then((end) => {
      throw this.#lostError(this.#describe(end));
    });
    this.#lost.catch(() => undefined);
    void ended.then((end) => {
      this.#connection.dispose();
      if (this.#phase !== 'up') return;
      onLost();
      const note = `which ${this.#describe(end)}`;
      for (const id of [...this.#onExit.keys()]) this.#exited({ id, code: null, signal: null, note });
    });
    this.#connection.listen();
    this.#hold(false);
  }

  /** Waits until the guardian answers: then its line is in the ledger. */
  async start(): Promise<void> {
    await this.#call('GUARDIAN_LOST', momentMs, () => this.#connection.sendRequest(pingRequest));
    this.#phase = 'up';
  }

  launch(request: LaunchRequest, onExit: (exit: ProcessExit) => void): Promise<{ pid: number }> {
    this.#onExit.set(request.id, onExit);
    this.#graceMs.set(request.id, request.graceMs);
    return this.#call('SETUP_FAILED', momentMs, () => this.#connection.sendRequest(launchRequest, request));
  }

  async stop(id: string): Promise<GroupStop> {
    const limitMs = (this.#graceMs.get(id) ?? 0) + endMs;
    const stop = await this.#call('TEARDOWN_FAILED', limitMs, () =>
      this.#connection.sendRequest(stopRequest, { id }),
    );
    if (stop.survivors.length === 0) this.#graceMs.delete(id);
    return stop;
  }

  async look(): Promise<void> {
    try {
      await this.#connection.sendNotification(lookNotification);
    } catch {
      // A guardian that is lost is noticed by those who need it.
    }
  }

  async forceKill(): Promise<void> {
    await this.#call(
      'TEARDOWN_FAILED',
      momentMs,
      () => this.#connection.sendNotification(forceKillNotification),
      // It has ended, or is about to.
    ).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#phase = 'closing';
    const limitMs = Math.max(0, ...this.#graceMs.values()) + endMs;
    // The end of the guardian is the answer.
    await this.#call('TEARDOWN_FAILED', limitMs, () => this.#connection.sendRequest(endRequest)).catch(
      () => undefined,
    );
  }

  #exited({ id, ...exit }: ExitNotice): void {
    const onExit = this.#onExit.get(id);
    this.#onExit.delete(id);
    onExit?.(exit);
  }

  async #call<T>(refusal: ErrorCode, limitMs: number, send: () => Promise<T>): Promise<T> {
    this.#calls += 1;
    this.#hold(true);
    try {
      return await this.#watch.over(Promise.race([this.#answer(refusal, send), this.#lost]), limitMs);
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) this.#hold(false);
    }
  }

  async #answer<T>(refusal: ErrorCode, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      if (isModelProviderError(error)) throw error;
      if (isRefusal(error)) throw new ModelProviderError(refusal, `The guardian refused: ${error.message}`);
      // The pipe breaks shortly before the end of the process is known, and its servers are reclaimed only
      // after that.
      return await this.#lost;
    }
  }

  #kill(why: string): void {
    this.#given = why;
    // By its handle: as long as this process has not been told of its end, nobody else gets its number.
    this.#child.kill('SIGKILL');
    setTimeout(() => this.#giveUp(), killLimitMs).unref();
  }

  /** Resolves to how it ended; also if the kernel holds it although it was killed. */
  #end(): Promise<ProcessExit> {
    return new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
      this.#giveUp = () => resolve({ code: null, signal: 'SIGKILL' });
    });
  }

  /** What the guardian did: "was ended by SIGKILL", and what it had printed. */
  #describe(end: ProcessExit): string {
    const { stdin, stdout } = this.#child;
    const broken = whyBroken(stdout) ?? whyBroken(stdin);
    const why = this.#given ?? (broken && `was given up, because ${broken}`);
    const how = why === undefined ? describeExit(end) : `${why}, and was killed`;
    const { cause } = this.#words;
    return cause === undefined ? how : `${how}, after it had printed "${cause}"`;
  }

  #lostError(what: string): ModelProviderError {
    const message =
      this.#phase === 'starting'
        ? `The guardian process (pid ${this.pid}), which owns the servers of this run, did not start: it ${what}.`
        : `The guardian process (pid ${this.pid}), which owns the servers of this run, is gone: it ${what}.`;
    return new ModelProviderError('GUARDIAN_LOST', message + this.#words.below);
  }

  // Without a reference Node could end during a call; with one it would never end by itself.
  #hold(hold: boolean): void {
    const method = hold ? 'ref' : 'unref';
    const { stdin, stdout, stderr } = this.#child;
    for (const handle of [this.#child, stdin, stdout, stderr]) handle[method]();
  }
}

/**
 * Whether the guardian itself answered with an error: those of the connection have codes of a reserved range.
 */
function isRefusal(error: unknown): error is ResponseError {
  if (!(error instanceof ResponseError)) return false;
  return (
    error.code < ErrorCodes.jsonrpcReservedErrorRangeStart ||
    error.code > ErrorCodes.jsonrpcReservedErrorRangeEnd
  );
}
