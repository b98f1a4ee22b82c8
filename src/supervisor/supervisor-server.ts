import { createServer, type Server, type Socket } from 'node:net';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import {
  afterGreeting,
  listenPrivately,
  newAddress,
  requireToken,
  type SessionAddress,
} from '../session/private-socket';
import { answer, lostNotification } from '../session/protocol';
import type { Session } from '../session/session';
import type { SessionConnection } from '../session/session-connection';
import {
  borrowRequest,
  devicesRequest,
  downRequest,
  greetRequest,
  offerRequest,
  outputNotification,
  returnRequest,
  roomRequest,
  statusRequest,
  upRequest,
} from '../session/supervisor-protocol';
import type { Supervisor } from './supervisor';

interface Greeted {
  readonly label: string;
  readonly connection: SessionConnection;
}

/** The supervisor's end of its socket: what a connection leases or loads ends with it. */
export class SupervisorServer {
  readonly address: SessionAddress;
  readonly #server: Server;
  readonly #session: Session;
  readonly #supervisor: Supervisor;
  readonly #exit: () => void;
  readonly #outputs = new Map<Socket, (text: string) => void>();
  readonly #keepers = new Set<Socket>();

  private constructor(session: Session, supervisor: Supervisor, path: string, exit: () => void) {
    this.#exit = exit;
    this.#session = session;
    this.#supervisor = supervisor;
    this.address = newAddress(path);
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async listen(
    session: Session,
    supervisor: Supervisor,
    path: string,
    exit: () => void,
  ): Promise<SupervisorServer> {
    const server = new SupervisorServer(session, supervisor, path, exit);
    await listenPrivately(server.#server, path);
    return server;
  }

  /** Shows what a run would print to everybody who loads something. */
  output(text: string): void {
    for (const show of this.#outputs.values()) show(text);
  }

  async #left(greeted: Greeted | undefined): Promise<void> {
    await greeted?.connection.close();
    this.#supervisor.touch();
    this.endIfUnused();
  }

  /** A supervisor of nothing ends, unless somebody is about to load something. */
  endIfUnused(): void {
    if (this.#keepers.size === 0) this.#supervisor.endIfEmpty();
  }

  #accept(socket: Socket): void {
    const rpc = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
    const supervisor = this.#supervisor;
    let greeted: Greeted | undefined;
    const required = (): Greeted => afterGreeting(greeted);
    rpc.onRequest(greetRequest, ({ token, label, keeps }) =>
      answer(async () => {
        requireToken(token, this.address.token);
        const connection = this.#session.connect(
          (leaseId, error) =>
            void rpc.sendNotification(lostNotification, { leaseId, error }).catch(() => undefined),
        );
        greeted = { label, connection };
        if (keeps) this.#keepers.add(socket);
        return supervisor.greeting;
      }),
    );
    rpc.onRequest(offerRequest, (wanted) =>
      answer(async () => {
        required();
        return supervisor.offer(wanted);
      }),
    );
    rpc.onRequest(devicesRequest, (wanted) =>
      answer(async () => {
        required();
        return supervisor.devices(wanted);
      }),
    );
    rpc.onRequest(borrowRequest, ({ resourceId }) =>
      answer(async () => supervisor.borrow(resourceId, required().connection, required().label)),
    );
    rpc.onRequest(returnRequest, ({ leaseId }) =>
      answer(async () => {
        await required().connection.release(leaseId);
        supervisor.touch();
        return null;
      }),
    );
    rpc.onRequest(roomRequest, (room) =>
      answer(async () => {
        required();
        return supervisor.makeRoom(room);
      }),
    );
    rpc.onRequest(upRequest, (request) =>
      answer(async () => {
        const { connection, label } = required();
        this.#outputs.set(
          socket,
          (text) => void rpc.sendNotification(outputNotification, text).catch(() => undefined),
        );
        return supervisor.up(request, connection, label).finally(() => this.endIfUnused());
      }),
    );
    rpc.onRequest(statusRequest, () =>
      answer(async () => {
        required();
        return supervisor.status;
      }),
    );
    rpc.onRequest(downRequest, ({ requests }) =>
      answer(async () => {
        required();
        const stopped = await supervisor.down(requests);
        // Nothing is left to live for once whoever asked has the answer, and has gone.
        if (this.#session.isClosing) socket.once('close', () => this.#exit());
        if (this.#session.isClosing && socket.destroyed) this.#exit();
        return stopped;
      }),
    );
    rpc.onError(() => undefined);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#keepers.delete(socket);
      this.#outputs.delete(socket);
      rpc.dispose();
      void this.#left(greeted);
    });
    rpc.listen();
  }
}
