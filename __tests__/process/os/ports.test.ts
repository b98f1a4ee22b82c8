import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { freePort, isTaken } from '../../../src/process/os/ports';

describe('a free port', () => {
  it('can be bound on 127.0.0.1', async () => {
    const server = createServer().listen(await freePort(), '127.0.0.1');
    await once(server, 'listening');
    server.close();
  });

  it('is not given out twice in a row', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, freePort));
    expect(new Set(ports).size).toBe(20);
  });
});

describe('a port', () => {
  it('is taken while somebody listens on it, and only then', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await isTaken(port)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
    expect(await isTaken(port)).toBe(false);
  });
});
