import type { Socket } from 'node:net';
import {
  CancellationTokenSource,
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { ModelProviderError, type SerializedError } from '../pattern/errors';
import type { EvalProgress } from '../pattern/eval-progress';
import type { EvalRun } from '../pattern/eval-run';
import type { HostRecord } from '../pattern/host';
import type { Json } from '../pattern/json';
import { packageVersion } from '../pattern/version';
import { Endings } from './endings';
import type { SessionLink } from './lease-host';
import { openSocket, type SessionAddress } from './private-socket';
import {
  answeredError,
  endingRequest,
  helloRequest,
  identifyRequest,
  leaseRequest,
  lostNotification,
  progressNotification,
  recordRequest,
  releaseRequest,
  testFailedNotification,
  type HelloAnswer,
} from './protocol';
import type { ConnectionRequest, IdentityRequest, LeaseGrant } from './session-connection';

export interface SocketLinkOptions {
  readonly label: string;
  readonly file?: string | undefined;
  readonly providerModule: string | undefined;
  onLost(leaseId: string, error: SerializedError): void;
  /** The session ended, or its process died, while the link was open. */
  onEnded(): void;
}

/** A test file's end of the session's socket. */
export class SocketLink implements SessionLink {
  readonly #socket: Socket;
  readonly #rpc: MessageConnection;
  readonly #answer: HelloAnswer;
  /** Rejects when the socket closes, for whoever waits for an answer then. */
  readonly #ended: Promise<never>;
  readonly #endings = new Endings();
  /** Records that the session has not confirmed yet. */
  #sending: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(socket: Socket, rpc: MessageConnection, answer: HelloAnswer, onEnded: () => void) {
    this.#socket = socket;
    this.#rpc = rpc;
    this.#answer = answer;
    this.#ended = new Promise((_resolve, reject) => {
      socket.on('close', () => {
        if (!this.#isClosed) onEnded();
        this.#isClosed = true;
        reject(sessionEnded());
      });
    });
    this.#ended.catch(() => undefined);
    rpc.onRequest(endingRequest, async () => {
      await this.#endings.finish();
      await this.#sending;
      return null;
    });
  }

  /**
   * Connects and greets.
   *
   * @throws ModelProviderError `SESSION_CLOSED` if nobody listens any more, `SESSION_REFUSED`, `PROVIDER_MODULE_CONFLICT`.
   */
  static async open(address: SessionAddress, options: SocketLinkOptions): Promise<SocketLink> {
    const socket = await openSocket(address.socket, sessionEnded);
    const rpc = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
    rpc.onError(() => undefined);
    rpc.onNotification(lostNotification, ({ leaseId, error }) => options.onLost(leaseId, error));
    rpc.listen();
    try {
      const { label, file, providerModule } = options;
      const answer = await rpc.sendRequest(helloRequest, {
        token: address.token,
        version: packageVersion,
        label,
        file,
        providerModule,
      });
      return new SocketLink(socket, rpc, answer, () => options.onEnded());
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

  async lease(request: ConnectionRequest, signal: AbortSignal | undefined): Promise<LeaseGrant> {
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

  record(record: HostRecord): void {
    if (this.#isClosed) return;
    const answer = this.#send(() => this.#rpc.sendRequest(recordRequest, record));
    this.#sending = Promise.allSettled([this.#sending, answer]);
  }

  get evals(): EvalRun | undefined {
    return this.#answer.evals;
  }

  identify(request: IdentityRequest): Promise<Json> {
    return this.#send(() => this.#rpc.sendRequest(identifyRequest, request));
  }

  onEnding(finish: () => Promise<void>): () => void {
    return this.#endings.add(finish);
  }

  progress(update: EvalProgress): void {
    if (!this.#isClosed) void this.#rpc.sendNotification(progressNotification, update).catch(() => undefined);
  }

  testFailed(leaseId: string, test: string): void {
    if (!this.#isClosed)
      void this.#rpc.sendNotification(testFailedNotification, { leaseId, test }).catch(() => undefined);
  }

  adopt(): string {
    throw new ModelProviderError(
      'PROVIDER_UNKNOWN',
      'This provider is not registered: export it with defineProviders() from the module that testEnvironmentOptions.modelProviders names, so that the session knows it too.',
    );
  }

  /** Ends the connection; the session releases what it still holds. Resolves when all records have arrived. */
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
    if (this.#isClosed) throw sessionEnded();
    try {
      return await Promise.race([send(), this.#ended]);
    } catch (error) {
      throw answeredError(error);
    }
  }
}

/** The error of whoever uses a session that is gone. */
export function sessionEnded(): ModelProviderError {
  return new ModelProviderError(
    'SESSION_CLOSED',
    'The session has ended: Jest is stopping, or its main process died.',
  );
}
