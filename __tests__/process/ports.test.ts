import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from '../../src/process/ports';

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
