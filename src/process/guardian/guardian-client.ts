import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { ErrorCodes, ResponseError, type MessageConnection } from 'vscode-jsonrpc/node';
import { isModelProviderError, ModelProviderError, type ErrorCode } from '../../base/errors';
import { messageConnection } from '../../base/message-connection';
import type { ProcessExit } from '../../pattern/resource-context';
import {
  exitNotification,
  forceKillNotification,
  launchRequest,
  stopRequest,
  type ExitNotice,
  type GuardianOptions,
  type LaunchRequest,
} from './guardian-protocol';
import type { GroupStop } from '../os/process-group';

/** The session's end of the connection to one guardian process. */
export interface GuardianClient {
  readonly pid: number;
  /** Starts a server. `onExit` is called once: when its leader ends, or when the guardian is lost. */
  launch(request: LaunchRequest, onExit: (exit: ProcessExit) => void): Promise<{ pid: number }>;
  /** Stops a server's group; resolves when no member is left, or when the survivors are known. */
  stop(id: string): Promise<GroupStop>;
  /**
   * Ends all grace periods; resolves when the guardian has been told, so that `close()` cannot cut it off.
   */
  forceKill(): Promise<void>;
  /** Closes the lifeline and waits until the guardian, and so each of its servers, is gone. */
  close(): Promise<void>;
}

/**
 * Starts a guardian in its own process session, so that no signal of the terminal reaches it. The guardian
 * keeps this process from ending only while a call to it is in flight.
 *
 * @param onLost called if the guardian ends before it is closed.
 * @throws ModelProviderError `GUARDIAN_LOST` if it cannot be started.
 */
export async function startGuardian(options: GuardianOptions, onLost: () => void): Promise<GuardianClient> {
  const { NODE_OPTIONS: _options, NODE_CHANNEL_FD: _channel, ...env } = process.env;
  const child = spawn(process.execPath, [join(__dirname, 'main.js'), JSON.stringify(options)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    env,
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error];
    throw new ModelProviderError(
      'GUARDIAN_LOST',
      `The guardian process cannot be started: ${error.message}`,
      { cause: error },
    );
  }
  return new Client(child as unknown as GuardianProcess, child.pid, ended, onLost);
}

interface GuardianProcess {
  readonly stdin: Socket;
  readonly stdout: Socket;
  ref(): void;
  unref(): void;
}

class Client implements GuardianClient {
  readonly pid: number;
  readonly #child: GuardianProcess;
  readonly #connection: MessageConnection;
  readonly #ended: Promise<unknown>;
  readonly #onExit = new Map<string, (exit: ProcessExit) => void>();
  readonly #lost: Promise<never>;
  #closing = false;
  #calls = 0;

  constructor(child: GuardianProcess, pid: number, ended: Promise<unknown>, onLost: () => void) {
    this.#child = child;
    this.pid = pid;
    this.#ended = ended;
    this.#connection = messageConnection(child.stdout, child.stdin);
    this.#connection.onNotification(exitNotification, (notice) => this.#exited(notice));
    this.#connection.onError(() => undefined);
    child.stdin.on('error', () => undefined);
    this.#lost = ended.then(() => {
      throw new ModelProviderError(
        'GUARDIAN_LOST',
        `The guardian process (pid ${pid}), which owns the servers of this run, is gone.`,
      );
    });
    this.#lost.catch(() => {
      this.#connection.dispose();
      if (this.#closing) return;
      onLost();
      for (const id of [...this.#onExit.keys()]) this.#exited({ id, code: null, signal: null });
    });
    this.#connection.listen();
    this.#hold(false);
  }

  launch(request: LaunchRequest, onExit: (exit: ProcessExit) => void): Promise<{ pid: number }> {
    this.#onExit.set(request.id, onExit);
    return this.#call('SETUP_FAILED', () => this.#connection.sendRequest(launchRequest, request));
  }

  stop(id: string): Promise<GroupStop> {
    return this.#call('TEARDOWN_FAILED', () => this.#connection.sendRequest(stopRequest, { id }));
  }

  async forceKill(): Promise<void> {
    try {
      await this.#connection.sendNotification(forceKillNotification);
    } catch {
      // The connection is closed: the guardian has ended, or is about to.
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#hold(true);
    this.#child.stdin.end();
    await this.#ended;
  }

  #exited({ id, code, signal }: ExitNotice): void {
    const onExit = this.#onExit.get(id);
    this.#onExit.delete(id);
    onExit?.({ code, signal });
  }

  async #call<T>(refusal: ErrorCode, send: () => Promise<T>): Promise<T> {
    this.#calls += 1;
    this.#hold(true);
    try {
      return await Promise.race([send(), this.#lost]);
    } catch (error) {
      if (isModelProviderError(error)) throw error;
      if (isRefusal(error)) throw new ModelProviderError(refusal, `The guardian refused: ${error.message}`);
      // The pipe breaks shortly before the end of the process is known, and its servers are reclaimed only
      // after that.
      return await this.#lost;
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0 && !this.#closing) this.#hold(false);
    }
  }

  // Without a reference Node could end during a call; with one it would never end by itself.
  #hold(hold: boolean): void {
    const method = hold ? 'ref' : 'unref';
    this.#child[method]();
    this.#child.stdin[method]();
    this.#child.stdout[method]();
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
