import { createServer, type Server, type Socket } from 'node:net';
import { messageConnection } from '../base/message-connection';
import {
  afterGreeting,
  Greeting,
  listenPrivately,
  newAddress,
  type SessionAddress,
} from '../session/wire/private-socket';
import { answer } from '../base/answered-errors';
import { lostNotification } from '../session/wire/protocol';
import type { Session } from '../session/broker/session';
import type { LeaseAccount } from '../session/broker/lease-account';
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
} from '../session/warm/supervisor-protocol';
import type { Supervisor } from './supervisor';

interface Greeted {
  readonly label: string;
  readonly account: LeaseAccount;
}

/** The supervisor's end of its socket. Leases and loads end with the connection that asked for them. */
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

  /** Shows a line of progress to every connection that loads something. */
  output(text: string): void {
    for (const show of this.#outputs.values()) show(text);
  }

  async #left(greeted: Greeted | undefined): Promise<void> {
    await greeted?.account.close();
    this.#supervisor.touch();
    this.endIfUnused();
  }

  /** Ends a supervisor that keeps nothing, unless a connection is about to load something. */
  endIfUnused(): void {
    if (this.#keepers.size === 0) this.#supervisor.endIfEmpty();
  }

  #accept(socket: Socket): void {
    const rpc = messageConnection(socket, socket);
    const supervisor = this.#supervisor;
    const greeting = new Greeting(socket, this.address);
    let greeted: Greeted | undefined;
    const required = (): Greeted => afterGreeting(greeted);
    rpc.onRequest(greetRequest, ({ token, label, keeps }) =>
      answer(async () => {
        greeting.make(token);
        const account = this.#session.connect(
          (leaseId, error) =>
            void rpc.sendNotification(lostNotification, { leaseId, error }).catch(() => undefined),
        );
        greeted = { label, account };
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
      answer(async () => supervisor.borrow(resourceId, required().account, required().label)),
    );
    rpc.onRequest(returnRequest, ({ leaseId }) =>
      answer(async () => {
        await required().account.release(leaseId);
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
        const { account, label } = required();
        this.#outputs.set(
          socket,
          (text) => void rpc.sendNotification(outputNotification, text).catch(() => undefined),
        );
        return supervisor.up(request, account, label).finally(() => this.endIfUnused());
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
        // The process ends once the caller has its answer and has closed the connection.
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
