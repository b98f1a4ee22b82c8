import type { Socket } from 'node:net';
import type { MessageConnection, RequestParam, RequestType } from 'vscode-jsonrpc/node';
import { ModelProviderError, type SerializedError } from '../../base/errors';
import type { ProcessIdentity } from '../../process/os/process-identity';
import { openSocket } from '../wire/private-socket';
import { lostNotification } from '../wire/protocol';
import { answeredError } from '../../base/answered-errors';
import type { SupervisorAddress } from './supervisor-address';
import { greetRequest, outputNotification, type SupervisorGreeting } from './supervisor-protocol';
import { withinLimit } from '../../base/time-limit';
import { messageConnection, whyBroken } from '../../base/message-connection';

export interface SupervisorLinkOptions {
  readonly label: string;
  /** Whether the supervisor stays while the connection is open, even if nothing is warm. */
  readonly keeps?: boolean;
  onLost?(leaseId: string, error: SerializedError): void;
  onOutput?(text: string): void;
  /** Called when the supervisor ends while the link is open. */
  onEnded?(): void;
}

/** The name of this run in what the supervisor says about users of warm resources. */
export function runLabel(): string {
  return `jest (pid ${process.pid}) in ${process.cwd()}`;
}

// A supervisor that is stopped or stuck must not delay a run, which needs no supervisor.
const greetingLimitMs = 5000;

/** A connection to the supervisor; what it leases or loads ends with it. */
export class SupervisorLink {
  readonly greeting: SupervisorGreeting;
  /** The supervisor's process. */
  readonly process: ProcessIdentity;
  readonly #socket: Socket;
  readonly #rpc: MessageConnection;
  readonly #ended: Promise<never>;
  #isClosed = false;

  private constructor(
    socket: Socket,
    rpc: MessageConnection,
    greeting: SupervisorGreeting,
    owner: ProcessIdentity,
    onEnded?: () => void,
  ) {
    this.#socket = socket;
    this.#rpc = rpc;
    this.greeting = greeting;
    this.process = owner;
    this.#ended = new Promise((_resolve, reject) => {
      socket.on('close', () => {
        const wasOpen = !this.#isClosed;
        this.#isClosed = true;
        reject(supervisorGone(greeting.pid, socket));
        if (wasOpen) onEnded?.();
      });
    });
    this.#ended.catch(() => undefined);
  }

  /**
   * Connects and greets.
   *
   * @throws ModelProviderError `SESSION_CLOSED` if the supervisor is gone or does not answer,
   *   `SESSION_REFUSED`.
   */
  static async open(address: SupervisorAddress, options: SupervisorLinkOptions): Promise<SupervisorLink> {
    const { pid } = address.process;
    const socket = await openSocket(address.socket, () => supervisorGone(pid));
    const rpc = messageConnection(socket, socket);
    rpc.onError(() => undefined);
    rpc.onNotification(lostNotification, ({ leaseId, error }) => options.onLost?.(leaseId, error));
    rpc.onNotification(outputNotification, (text) => options.onOutput?.(text));
    rpc.listen();
    const closed = new Promise<never>((_resolve, reject) =>
      socket.once('close', () => reject(supervisorGone(pid, socket))),
    );
    closed.catch(() => undefined);
    try {
      const { label, keeps = false } = options;
      const greeting = rpc.sendRequest(greetRequest, { token: address.token, label, keeps });
      return new SupervisorLink(
        socket,
        rpc,
        await withinLimit(Promise.race([greeting, closed]), greetingLimitMs, () => supervisorGone(pid)),
        address.process,
        () => options.onEnded?.(),
      );
    } catch (error) {
      socket.destroy();
      throw answeredError(error);
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Lets this process end while the connection is open. */
  unref(): void {
    this.#socket.unref();
  }

  async ask<Question, Answer>(
    type: RequestType<Question, Answer, SerializedError>,
    question: NoInfer<RequestParam<Question>>,
  ): Promise<Answer> {
    if (this.#isClosed) throw supervisorGone(this.greeting.pid, this.#socket);
    try {
      return await Promise.race([this.#rpc.sendRequest(type, question), this.#ended]);
    } catch (error) {
      throw answeredError(error);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }
}

function supervisorGone(pid: number, socket?: Socket): ModelProviderError {
  const broken = socket === undefined ? undefined : whyBroken(socket);
  const what = broken === undefined ? 'has ended or does not answer' : `was given up: ${broken}`;
  return new ModelProviderError(
    'SESSION_CLOSED',
    `The supervisor (pid ${pid}), which keeps resources warm, ${what}.`,
  );
}
