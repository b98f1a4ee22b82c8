import { Socket } from 'node:net';
import tls from 'node:tls';
import { isObject, type Json } from '../src/base/json';

/**
 * The sockets by which the code of a test file is connected to the servers of databases that it leases. Such
 * a database is dropped after the file. An idle client would hear of that, as an error that nobody listens
 * for: it would turn the next test red, or end the process.
 */
export class DatabaseSockets {
  /** Makes every function of the file's realm. */
  readonly #realm: unknown;
  readonly #addresses = new Set<string | number>();
  readonly #sockets = new Set<Socket>();
  #stopWatching = (): void => undefined;

  constructor(realm: unknown) {
    this.#realm = realm;
  }

  /** Watches sockets from now on, if the connection is that of a database. */
  watch(connection: Json): void {
    const address = databaseAddress(connection);
    if (address === undefined) return;
    if (this.#addresses.size === 0) this.#begin();
    this.#addresses.add(address);
  }

  /** Whether there are such sockets still. */
  get areOpen(): boolean {
    return this.#ofFile().length > 0;
  }

  /** Closes them, without a word to the file. */
  close(): void {
    this.#stopWatching();
    for (const socket of this.#ofFile()) {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
    }
    this.#sockets.clear();
  }

  // No API of Node tells of all sockets: those that do not keep the process alive are in no list, and drivers
  // do not make theirs in a way that a diagnostics channel reports.
  #begin(): void {
    const watch = (socket: Socket): void => {
      if (this.#sockets.has(socket)) return;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    };
    const ends = [
      wrapped(Socket.prototype, 'connect', (socket, args) => {
        const address = addressIn(args);
        if (address !== undefined && this.#addresses.has(address)) watch(socket as Socket);
      }),
      wrapped(tls, 'connect', (_tls, args, secure) => {
        const below = args.map((arg) => (isObject(arg) ? (arg as { socket?: Socket }).socket : undefined));
        if (below.some((socket) => socket !== undefined && this.#sockets.has(socket)))
          watch(secure as Socket);
      }),
    ];
    this.#stopWatching = () => {
      for (const end of ends) end();
    };
  }

  /** In band the session's own sockets lead to the same servers. */
  #ofFile(): Socket[] {
    return [...this.#sockets].filter((socket) =>
      socket
        .eventNames()
        .some((event) => socket.listeners(event).some((listener) => this.#isOfFile(listener))),
    );
  }

  #isOfFile(listener: unknown): boolean {
    return listener instanceof (this.#realm as () => void);
  }
}

/** Calls `note` after each call of a method, until the function that it returns is called. */
function wrapped<Name extends string>(
  owner: Record<Name, (...args: never[]) => unknown>,
  name: Name,
  note: (self: unknown, args: readonly unknown[], result: unknown) => void,
): () => void {
  const method = owner[name];
  const noting = function (this: unknown, ...args: unknown[]): unknown {
    const result: unknown = Reflect.apply(method, this, args);
    note(this, args, result);
    return result;
  };
  owner[name] = noting;
  return () => {
    // A spy of the file may stand before it, and call it on.
    if (owner[name] === noting) owner[name] = method;
  };
}

/** The path or the port of a database's server. */
function databaseAddress(connection: Json): string | number | undefined {
  const url = isObject(connection) ? (connection as { url?: unknown }).url : undefined;
  if (typeof url !== 'string' || !/^postgres(?:ql)?:/.test(url) || !URL.canParse(url)) return undefined;
  const { port, searchParams } = new URL(url);
  const number = port === '' ? 5432 : Number(port);
  const host = searchParams.get('host') ?? '';
  return host.startsWith('/') ? `${host}/.s.PGSQL.${number}` : number;
}

/** What `connect()` was asked for: https://nodejs.org/api/net.html#socketconnect */
function addressIn(args: readonly unknown[]): string | number | undefined {
  const first: unknown = Array.isArray(args[0]) ? args[0][0] : args[0];
  const { path, port } = (isObject(first) ? first : { path: first, port: first }) as Record<string, unknown>;
  if (typeof path === 'string' && path.startsWith('/')) return path;
  return port === undefined ? undefined : Number(port);
}
