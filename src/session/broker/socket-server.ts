import { createServer, type Server, type Socket } from 'node:net';
import { answer } from '../../base/answered-errors';
import { ModelProviderError } from '../../base/errors';
import { packageVersion } from '../../base/version';
import { messageConnection, whyBroken } from '../../base/message-connection';
import { requireSameModule } from '../../provider-module/load';
import type { EndpointPause } from '../../pattern/endpoint-pause';
import type { EvalBoard } from '../events/eval-board';
import {
  afterGreeting,
  Greeting,
  listenPrivately,
  newAddress,
  type SessionAddress,
} from '../wire/private-socket';
import {
  claimRequest,
  endingRequest,
  helloRequest,
  identifyRequest,
  leaseRequest,
  lostNotification,
  pauseNotification,
  progressNotification,
  recordRequest,
  releaseRequest,
  shutdownRequest,
  noteNotification,
  spentNotification,
  testFailedNotification,
  type HelloAnswer,
  type HelloRequest,
} from '../wire/protocol';
import type { LeaseAccount } from './lease-account';
import type { Session } from './session';
import type { WorkerProcesses } from './worker-processes';

/** What a server offers to its connections. */
interface SocketServerOptions {
  readonly session: Session;
  readonly board: EvalBoard;
  /** Absolute path of the module that the session's providers come from. */
  readonly providerModule: string | undefined;
  readonly workers: WorkerProcesses;
  readonly say?: (text: string) => void;
}

/** The session's end of the socket: one connection per test file, whose leases end with it. */
export class SocketServer {
  readonly address: SessionAddress;
  readonly #server: Server;
  readonly #session: Session;
  readonly #board: EvalBoard;
  readonly #providerModule: string | undefined;
  readonly #workers: WorkerProcesses;
  readonly #say: (text: string) => void;
  readonly #sockets = new Set<Socket>();
  readonly #shutdowns = new Map<Socket, () => Promise<void>>();

  private constructor(path: string, options: SocketServerOptions) {
    const { session, board, providerModule, workers, say = nothing } = options;
    this.#session = session;
    this.#board = board;
    this.#providerModule = providerModule;
    this.#workers = workers;
    this.#say = say;
    this.address = newAddress(path);
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Listens on a Unix socket at `path`, which lies in a directory that only this user may enter. */
  static async listen(path: string, options: SocketServerOptions): Promise<SocketServer> {
    const server = new SocketServer(path, options);
    await listenPrivately(server.#server, path);
    return server;
  }

  /** Asks every connection to finish what is under way. Resolves when all have, or are gone. */
  async drain(): Promise<void> {
    await Promise.all([...this.#shutdowns.values()].map((shutdown) => shutdown()));
  }

  /** Ends every connection; workers then stop. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    // Nor must a connection, whose other process may be stopped or stuck.
    socket.unref();
    const rpc = messageConnection(socket, socket);
    const greeting = new Greeting(socket, this.address);
    let account: LeaseAccount | undefined;
    let label = '';
    let forgetPauses = nothing;
    let forgetSpending = nothing;
    let leaveFiles = nothing;
    const tellPause = (pause: EndpointPause): void =>
      void rpc.sendNotification(pauseNotification, pause).catch(() => undefined);
    // Of this run: a connection of an earlier one in watch mode adds nothing to it.
    const { spending } = this.#board;
    const tellSpent = (cost: number): void =>
      void rpc.sendNotification(spentNotification, { cost }).catch(() => undefined);
    rpc.onRequest(helloRequest, (hello) =>
      answer(async () => {
        greeting.make(hello.token);
        if (hello.worker !== undefined) this.#workers.add(hello.worker);
        const granted = await this.#greet(hello);
        label = hello.label;
        account = this.#session.connect(
          (leaseId, error) =>
            void rpc.sendNotification(lostNotification, { leaseId, error }).catch(() => undefined),
          { name: hello.label, reservation: hello.file },
        );
        leaveFiles = this.#board.files.enter(hello.label);
        forgetPauses = this.#session.pauses.listen(tellPause);
        forgetSpending = spending.listen(tellSpent);
        this.#shutdowns.set(socket, () => rpc.sendRequest(shutdownRequest, null).then(nothing, nothing));
        return granted;
      }),
    );
    rpc.onRequest(leaseRequest, (request, cancellation) =>
      answer(async () => {
        const abort = new AbortController();
        cancellation.onCancellationRequested(() => abort.abort());
        // A request that was cancelled before it came to its turn gets no event.
        if (cancellation.isCancellationRequested) abort.abort();
        const requester = [label, request.requester].filter((part) => part !== '').join(' > ');
        return afterGreeting(account).lease({ ...request, requester }, abort.signal);
      }),
    );
    rpc.onRequest(releaseRequest, ({ leaseId }) =>
      answer(async () => {
        await afterGreeting(account).release(leaseId);
        return null;
      }),
    );
    rpc.onRequest(endingRequest, () =>
      answer(async () => {
        await afterGreeting(account).ending();
        return null;
      }),
    );
    rpc.onRequest(identifyRequest, (ref) =>
      answer(async () => {
        afterGreeting(account);
        return this.#session.registry.identity(ref);
      }),
    );
    rpc.onNotification(testFailedNotification, ({ leaseId, test }) =>
      account?.testFailed(leaseId, [label, test].join(' > ')),
    );
    rpc.onNotification(noteNotification, ({ leaseId, message }) =>
      account?.note(leaseId, `${message}, in ${label}`),
    );
    rpc.onNotification(progressNotification, (update) => {
      if (account !== undefined) this.#board.showProgress(update);
    });
    rpc.onNotification(pauseNotification, (pause) => {
      if (account !== undefined) this.#session.pauses.add(pause, tellPause);
    });
    rpc.onNotification(spentNotification, ({ cost }) => {
      if (account !== undefined) spending.add(cost, tellSpent);
    });
    rpc.onRequest(recordRequest, (record) =>
      answer(async () => {
        afterGreeting(account);
        this.#board.records.push({ ...record, from: label });
        return null;
      }),
    );
    rpc.onRequest(claimRequest, (claim) =>
      answer(async () => {
        afterGreeting(account);
        this.#board.claims.claim(claim);
        return null;
      }),
    );
    rpc.onError(() => undefined);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#shutdowns.delete(socket);
      forgetPauses();
      forgetSpending();
      leaveFiles();
      rpc.dispose();
      const broken = whyBroken(socket);
      if (account !== undefined && broken !== undefined)
        this.#say(`jest-model-provider: the connection of ${label} was given up: ${broken}`);
      void account?.close();
    });
    rpc.listen();
  }

  async #greet({ version, providerModule, options = {} }: HelloRequest): Promise<HelloAnswer> {
    if (version !== packageVersion) {
      throw new ModelProviderError(
        'SESSION_REFUSED',
        `The session runs jest-model-provider ${packageVersion}, this file ${version}: install one version.`,
      );
    }
    requireSameModule(this.#providerModule, providerModule);
    requireSameOptions(this.#board.options, options);
    return {
      session: this.#session.id,
      providerNames: this.#session.registry.names,
      modelNames: this.#session.registry.modelNames,
      providerModule: this.#providerModule,
      loaded: this.#session.loaded,
      evals: await this.#board.run?.(),
    };
  }
}

const nothing = (): void => undefined;

type OptionMarks = EvalBoard['options'];

/** Which project opens the session depends on the order of the files: so all must give the same. */
function requireSameOptions(session: OptionMarks, asked: OptionMarks): void {
  const names = [...new Set([...Object.keys(session), ...Object.keys(asked)])];
  const other = names.find((name) => asked[name] !== session[name]);
  if (other === undefined) return;
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `testEnvironmentOptions.evals.${other} differs between the projects of this run, which has one for all of them: give every project the same.`,
    { details: { option: other } },
  );
}
