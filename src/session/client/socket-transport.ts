import type { Socket } from 'node:net';
import { CancellationTokenSource, type MessageConnection } from 'vscode-jsonrpc/node';
import { answeredError } from '../../base/answered-errors';
import { ModelProviderError, type SerializedError } from '../../base/errors';
import type { EndpointPause } from '../../pattern/endpoint-pause';
import type { EvalProgress } from '../../pattern/eval-progress';
import type { EvalRun } from '../../pattern/eval-run';
import type { ResourceRef } from '../../pattern/resource-spec';
import type { LogClaim, ReportRecord } from '../../pattern/session-client';
import type { Json } from '../../base/json';
import { packageVersion } from '../../base/version';
import { messageConnection, whyBroken } from '../../base/message-connection';
import type { SessionTransport } from './lease-client';
import { EndpointPauses } from '../wire/endpoint-pauses';
import { openSocket, type SessionAddress } from '../wire/private-socket';
import {
  claimRequest,
  endingRequest,
  shutdownRequest,
  helloRequest,
  identifyRequest,
  leaseRequest,
  lostNotification,
  pauseNotification,
  progressNotification,
  recordRequest,
  releaseRequest,
  noteNotification,
  spentNotification,
  testFailedNotification,
  type HelloAnswer,
  type WorkerProcess,
} from '../wire/protocol';
import type { LeaseGrant, OwnedRequest } from '../wire/lease-request';

export interface SocketTransportOptions {
  readonly label: string;
  readonly file?: string | undefined;
  readonly worker?: WorkerProcess | undefined;
  readonly providerModule: string | undefined;
  /** A mark of each option of the run that the file's project gives, by its name; none by default. */
  readonly options?: Readonly<Record<string, string>>;
  onLost(leaseId: string, error: SerializedError): void;
  /** Called when the session ends, or its process dies, while the transport is open. */
  onEnded(): void;
}

interface Connected {
  readonly socket: Socket;
  readonly rpc: MessageConnection;
  readonly pauses: EndpointPauses;
  readonly spent: { total: number };
  /** Rejects when the socket closes, so that nothing waits for an answer any longer. */
  readonly ended: Promise<never>;
}

/** A test file's end of the session's socket. */
export class SocketTransport implements SessionTransport {
  readonly #socket: Socket;
  readonly #rpc: MessageConnection;
  readonly #answer: HelloAnswer;
  readonly #ended: Promise<never>;
  readonly #pauses: EndpointPauses;
  readonly #spent: { total: number };
  readonly #shutdownHooks = new ShutdownHooks();
  /** Records that the session has not confirmed yet. */
  #sending: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(
    { socket, rpc, pauses, spent, ended }: Connected,
    answer: HelloAnswer,
    onEnded: () => void,
  ) {
    this.#pauses = pauses;
    this.#spent = spent;
    this.#socket = socket;
    this.#rpc = rpc;
    this.#answer = answer;
    this.#ended = ended;
    ended.catch(() => {
      if (!this.#isClosed) onEnded();
      this.#isClosed = true;
    });
    rpc.onRequest(shutdownRequest, async () => {
      await this.#shutdownHooks.run();
      await this.#sending;
      return null;
    });
  }

  /**
   * Connects and greets.
   *
   * @throws ModelProviderError `SESSION_CLOSED` if no session listens any more, `SESSION_REFUSED`,
   *   `PROVIDER_MODULE_CONFLICT`.
   */
  static async open(address: SessionAddress, options: SocketTransportOptions): Promise<SocketTransport> {
    const socket = await openSocket(address.socket, () => sessionEnded());
    const ended = untilClosed(socket);
    const rpc = messageConnection(socket, socket);
    rpc.onError(() => undefined);
    rpc.onNotification(lostNotification, ({ leaseId, error }) => options.onLost(leaseId, error));
    // The first may come before the answer to the greeting does.
    const pauses = new EndpointPauses();
    rpc.onNotification(pauseNotification, (pause) => pauses.add(pause));
    const spent = { total: 0 };
    rpc.onNotification(spentNotification, ({ cost }) => {
      spent.total += cost;
    });
    rpc.listen();
    try {
      const { label, file, worker, providerModule, options: marks = {} } = options;
      const hello = rpc.sendRequest(helloRequest, {
        token: address.token,
        version: packageVersion,
        label,
        file,
        worker,
        providerModule,
        options: marks,
      });
      const answer = await Promise.race([hello, ended]);
      return new SocketTransport({ socket, rpc, pauses, spent, ended }, answer, () => options.onEnded());
    } catch (error) {
      socket.destroy();
      throw answeredError(error);
    }
  }

  get providerNames(): readonly string[] {
    return this.#answer.providerNames;
  }

  get modelNames(): readonly string[] {
    return this.#answer.modelNames;
  }

  get providerModule(): string | undefined {
    return this.#answer.providerModule;
  }

  get loaded(): readonly string[] {
    return this.#answer.loaded;
  }

  async lease(request: OwnedRequest, signal: AbortSignal | undefined): Promise<LeaseGrant> {
    const cancellation = new CancellationTokenSource();
    const onAbort = (): void => cancellation.cancel();
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await this.#send(() => this.#rpc.sendRequest(leaseRequest, request, cancellation.token));
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async release(leaseId: string): Promise<void> {
    // A closed session has released everything already.
    if (!this.#isClosed) await this.#send(() => this.#rpc.sendRequest(releaseRequest, { leaseId }));
  }

  record(record: ReportRecord): void {
    if (this.#isClosed) return;
    const answer = this.#send(() => this.#rpc.sendRequest(recordRequest, record));
    this.#sending = Promise.allSettled([this.#sending, answer]);
  }

  async claim(claim: LogClaim): Promise<void> {
    await this.#send(() => this.#rpc.sendRequest(claimRequest, claim));
  }

  get evals(): EvalRun | undefined {
    return this.#answer.evals;
  }

  identify(ref: ResourceRef): Promise<Json> {
    return this.#send(() => this.#rpc.sendRequest(identifyRequest, ref));
  }

  onShutdown(finish: () => Promise<void>): () => void {
    return this.#shutdownHooks.add(finish);
  }

  progress(update: EvalProgress): void {
    if (!this.#isClosed) void this.#rpc.sendNotification(progressNotification, update).catch(() => undefined);
  }

  pause(pause: EndpointPause): void {
    if (!this.#isClosed) void this.#rpc.sendNotification(pauseNotification, pause).catch(() => undefined);
  }

  onPause(listener: (pause: EndpointPause) => void): void {
    this.#pauses.listen(listener);
  }

  get spent(): number {
    return this.#spent.total;
  }

  spend(cost: number): void {
    this.#spent.total += cost;
    if (!this.#isClosed) void this.#rpc.sendNotification(spentNotification, { cost }).catch(() => undefined);
  }

  testFailed(leaseId: string, test: string): void {
    if (!this.#isClosed)
      void this.#rpc.sendNotification(testFailedNotification, { leaseId, test }).catch(() => undefined);
  }

  note(leaseId: string, message: string): void {
    if (!this.#isClosed)
      void this.#rpc.sendNotification(noteNotification, { leaseId, message }).catch(() => undefined);
  }

  adopt(): string {
    throw new ModelProviderError(
      'PROVIDER_UNKNOWN',
      'This provider is not registered: export it with defineProviders() from the module that testEnvironmentOptions.modelProviders names, so that the session knows it too.',
    );
  }

  /** Lets the session look at what the file has left open, before that is closed. */
  async ending(): Promise<void> {
    if (this.#isClosed) return;
    await this.#send(() => this.#rpc.sendRequest(endingRequest, null)).catch(() => undefined);
  }

  /**
   * Ends the connection; the session releases what it still holds. Resolves when all records have arrived.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#sending;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.end();
      if (this.#socket.destroyed) resolve();
    });
  }

  async #send<T>(send: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw sessionEnded(this.#socket);
    try {
      return await Promise.race([send(), this.#ended]);
    } catch (error) {
      throw answeredError(error);
    }
  }
}

/** What must be done before a session ends. */
class ShutdownHooks {
  readonly #hooks = new Set<() => Promise<void>>();
  /** The hooks that were called; undefined before the end has begun. */
  #called: Promise<void>[] | undefined;

  /** Registers a hook, which is called at once if the end has begun. Returns a function that removes it. */
  add(hook: () => Promise<void>): () => void {
    if (this.#called !== undefined) this.#called.push(hook());
    this.#hooks.add(hook);
    return () => this.#hooks.delete(hook);
  }

  /** Calls all hooks. Resolves when all have settled, those that were registered meanwhile included. */
  async run(): Promise<void> {
    this.#called ??= [...this.#hooks].map((hook) => hook());
    for (let count = 0; count < this.#called.length;) {
      count = this.#called.length;
      await Promise.allSettled(this.#called);
    }
  }
}

function untilClosed(socket: Socket): Promise<never> {
  const closed = new Promise<never>((_resolve, reject) => {
    socket.once('close', () => reject(sessionEnded(socket)));
  });
  closed.catch(() => undefined);
  return closed;
}

/** The error of a request to a session that is gone. */
export function sessionEnded(socket?: Socket): ModelProviderError {
  const broken = socket === undefined ? undefined : whyBroken(socket);
  return new ModelProviderError(
    'SESSION_CLOSED',
    broken === undefined
      ? 'The session has ended: Jest is stopping, or its main process died.'
      : `The connection to the session was given up: ${broken}.`,
  );
}
