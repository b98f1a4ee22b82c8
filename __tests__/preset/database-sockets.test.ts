import { once } from 'node:events';
import { connect, createServer, Socket, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { DatabaseSockets } from '../../preset/database-sockets';
import { eventually } from '../support/eventually';
import { ownPlaces } from '../support/own-places';

// The realm of a test file is a context of its own, which a driver's listeners come from.

const places = ownPlaces();
const heard: string[] = [];
const realm = createContext({ hear: (event: string) => void heard.push(event) });
const listener = (event: string): (() => void) =>
  runInContext(`() => hear(${JSON.stringify(event)})`, realm) as () => void;
const realmFunction: unknown = runInContext('Function', realm);

let servers: Server[];
let peers: Socket[];
beforeEach(() => {
  heard.splice(0);
  [servers, peers] = [[], []];
});
afterEach(() => {
  for (const peer of peers) peer.destroy();
  for (const server of servers) server.close();
});

async function listen(address: number | string): Promise<Server> {
  const server = createServer((peer) => void peers.push(peer));
  servers.push(server);
  await once(
    typeof address === 'number' ? server.listen(address, '127.0.0.1') : server.listen(address),
    'listening',
  );
  return server;
}
const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** A connection as a driver makes it, whose code is in the realm of the file unless it is somebody else's. */
async function connected(address: number | string, isOfFile = true): Promise<Socket> {
  const socket = new Socket();
  if (typeof address === 'number') socket.connect(address, '127.0.0.1');
  else socket.connect(address);
  await once(socket, 'connect');
  for (const event of ['error', 'end', 'close'])
    socket.on(event, isOfFile ? listener(event) : () => undefined);
  return socket;
}

test.each(['a port', 'a socket', 'one that does not keep the process alive'])(
  'the connections of a file to its databases are closed without a word to it: %s',
  async (what) => {
    const path = join(places.directory, '.s.PGSQL.1');
    const server = await listen(what === 'a socket' ? path : 0);
    const url =
      what === 'a socket'
        ? `postgresql://postgres@localhost:1/x?host=${places.directory}`
        : `postgresql://postgres@localhost:${portOf(server)}/x`;
    const sockets = new DatabaseSockets(realmFunction);
    sockets.watch({ url, statementTimeoutMs: 0 });
    expect(sockets.areOpen).toBe(false);
    const socket = await connected(what === 'a socket' ? path : portOf(server));
    if (what.startsWith('one')) socket.unref();
    expect(sockets.areOpen).toBe(true);
    sockets.close();
    await eventually(() => peers.every((peer) => peer.readableEnded || peer.destroyed));
    expect({ isDestroyed: socket.destroyed, heard }).toEqual({ isDestroyed: true, heard: [] });
  },
);

test('other connections are left alone: those of the session itself, and to other servers', async () => {
  const [server, other] = [await listen(0), await listen(0)];
  const sockets = new DatabaseSockets(realmFunction);
  sockets.watch({ url: `postgresql://postgres@localhost:${portOf(server)}/x` });
  const left = [await connected(portOf(server), false), await connected(portOf(other))];
  expect(sockets.areOpen).toBe(false);
  sockets.close();
  expect(left.map(({ destroyed }) => destroyed)).toEqual([false, false]);
  for (const socket of left) socket.removeAllListeners().destroy();
});

test('nothing of Node is touched for a file without databases, and nothing stays so', async () => {
  const { connect: original } = Socket.prototype;
  const sockets = new DatabaseSockets(realmFunction);
  sockets.watch({ baseURL: 'http://127.0.0.1:1/v1' });
  expect(Socket.prototype.connect).toBe(original);
  sockets.watch({ url: 'postgresql://postgres@localhost:1/x' });
  expect(Socket.prototype.connect).not.toBe(original);
  const server = await listen(0);
  connect(portOf(server), '127.0.0.1').destroy();
  sockets.close();
  expect(Socket.prototype.connect).toBe(original);
});
