import { createServer, type Server, type Socket } from 'node:net';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { ModelProviderError } from '../pattern/errors';
import { packageVersion } from '../pattern/version';
import { identityOf } from './identity';
import {
  afterGreeting,
  listenPrivately,
  newAddress,
  requireToken,
  type SessionAddress,
} from './private-socket';
import {
  answer,
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
  type HelloRequest,
} from './protocol';
import { requireSameModule } from './provider-module';
import type { Session } from './session';
import type { SessionConnection } from './session-connection';

/** The session's end of the socket: one connection per test file, whose leases end with it. */
export class SocketServer {
  readonly address: SessionAddress;
  readonly #server: Server;
  readonly #session: Session;
  readonly #providerModule: string | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #endings = new Map<Socket, () => Promise<void>>();

  private constructor(session: Session, socket: string, providerModule: string | undefined) {
    this.#session = session;
    this.#providerModule = providerModule;
    this.address = newAddress(socket);
    this.#server = createServer((connection) => this.#accept(connection));
  }

  /** Listens on a Unix socket at `path`, which lies in a directory that only this user may enter. */
  static async listen(
    session: Session,
    path: string,
    providerModule: string | undefined,
  ): Promise<SocketServer> {
    const server = new SocketServer(session, path, providerModule);
    await listenPrivately(server.#server, path);
    return server;
  }

  /** Asks every connection to finish what is under way. Resolves when all have, or are gone. */
  async drain(): Promise<void> {
    await Promise.all([...this.#endings.values()].map((ending) => ending()));
  }

  /** Ends every connection; workers then stop. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    const rpc = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
    let connection: SessionConnection | undefined;
    let label = '';
    rpc.onRequest(helloRequest, (hello) =>
      answer(async () => {
        const granted = await this.#greet(hello);
        label = hello.label;
        connection = this.#session.connect(
          (leaseId, error) =>
            void rpc.sendNotification(lostNotification, { leaseId, error }).catch(() => undefined),
          hello.file,
        );
        return granted;
      }),
    );
    rpc.onRequest(leaseRequest, (request, cancellation) =>
      answer(async () => {
        const abort = new AbortController();
        cancellation.onCancellationRequested(() => abort.abort());
        const requester = [label, request.requester].filter((part) => part !== '').join(' > ');
        return afterGreeting(connection).lease({ ...request, requester }, abort.signal);
      }),
    );
    rpc.onRequest(releaseRequest, ({ leaseId }) =>
      answer(async () => {
        await afterGreeting(connection).release(leaseId);
        return null;
      }),
    );
    rpc.onRequest(identifyRequest, (request) =>
      answer(async () => {
        afterGreeting(connection);
        return identityOf(this.#session.registry, request);
      }),
    );
    rpc.onNotification(testFailedNotification, ({ leaseId, test }) =>
      connection?.testFailed(leaseId, [label, test].join(' > ')),
    );
    rpc.onNotification(progressNotification, (update) => this.#session.evalProgress.show(update));
    rpc.onRequest(recordRequest, (record) =>
      answer(async () => {
        afterGreeting(connection);
        this.#session.records.push({ ...record, from: label });
        return null;
      }),
    );
    this.#endings.set(socket, () => rpc.sendRequest(endingRequest, null).then(nothing, nothing));
    rpc.onError(() => undefined);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#endings.delete(socket);
      rpc.dispose();
      void connection?.close();
    });
    rpc.listen();
  }

  async #greet({ token, version, providerModule }: HelloRequest): Promise<HelloAnswer> {
    requireToken(token, this.address.token);
    if (version !== packageVersion) {
      throw new ModelProviderError(
        'SESSION_REFUSED',
        `The session runs jest-model-provider ${packageVersion}, this file ${version}: install one version.`,
      );
    }
    requireSameModule(this.#providerModule, providerModule);
    return {
      session: this.#session.id,
      providerNames: this.#session.registry.names,
      modelNames: this.#session.registry.modelNames,
      providerModule: this.#providerModule,
      loaded: this.#session.loaded,
      evals: await this.#session.evals?.(),
    };
  }
}

const nothing = (): void => undefined;
