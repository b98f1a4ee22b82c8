import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { ModelProviderError } from '../../base/errors';

/** Where a session listens, and the token that it asks for. */
export interface SessionAddress {
  readonly socket: string;
  readonly token: string;
}

/** A new address at `path`, with a random token. Only this user may enter the directory of `path`. */
export function newAddress(path: string): SessionAddress {
  return { socket: path, token: randomBytes(32).toString('hex') };
}

/** Listens on a Unix socket that only this user may open. */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  // A listening server alone must not keep its process alive.
  server.unref();
}

/**
 * Connects, or rejects with what `refused` makes. An error of the open socket is its end, and nothing else.
 */
export function openSocket(path: string, refused: () => Error): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.on('error', () => undefined);
      resolve(socket);
    });
    socket.once('error', () => reject(refused()));
  });
}

// A greeting holds a token, two names and two paths.
const mostGreetingBytes = 64 * 1024;

/** The beginning of a connection: whoever has not shown the token may send little, and greets once. */
export class Greeting {
  readonly #wanted: string;
  readonly #stopCounting: () => void;
  #wasMade = false;

  constructor(socket: Socket, { token }: SessionAddress) {
    this.#wanted = token;
    let bytes = 0;
    const count = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > mostGreetingBytes) socket.destroy();
    };
    socket.on('data', count);
    this.#stopCounting = () => socket.off('data', count);
  }

  /**
   * Compares the token in a time that does not depend on it.
   *
   * @throws ModelProviderError `SESSION_REFUSED` for a wrong one, and for a second greeting.
   */
  make(token: unknown): void {
    if (this.#wasMade)
      throw new ModelProviderError('SESSION_REFUSED', 'The session refused a second greeting.');
    this.#wasMade = true;
    if (!isSame(token, this.#wanted))
      throw new ModelProviderError('SESSION_REFUSED', 'The session refused the connection: wrong token.');
    this.#stopCounting();
  }
}

/**
 * Requires what the greeting of a connection has left, such as its account.
 *
 * @throws ModelProviderError `SESSION_REFUSED` if none came.
 */
export function afterGreeting<Left>(left: Left | undefined): Left {
  if (left !== undefined) return left;
  throw new ModelProviderError(
    'SESSION_REFUSED',
    'The session refused the request: no greeting came before it.',
  );
}

function isSame(given: unknown, wanted: string): boolean {
  if (typeof given !== 'string') return false;
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
