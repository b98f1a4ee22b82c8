import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { ModelProviderError } from '../pattern/errors';

/** Where a session listens, and the token that it asks for. */
export interface SessionAddress {
  readonly socket: string;
  readonly token: string;
}

/** An address that nobody can guess, at `path`, which lies in a directory that only this user may enter. */
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
  // The server alone must not keep its process from ending.
  server.unref();
}

/** Connects, or rejects with what `refused` makes. Errors of the open socket show as its end. */
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

/**
 * Compares tokens in a time that tells nothing about them.
 *
 * @throws ModelProviderError `SESSION_REFUSED` unless they are equal.
 */
export function requireToken(given: unknown, wanted: string): void {
  if (!isSame(given, wanted))
    throw new ModelProviderError('SESSION_REFUSED', 'The session refused the connection: wrong token.');
}

/**
 * What a connection's greeting has left.
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
