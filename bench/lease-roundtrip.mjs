import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ms, paired } from './paired.mjs';
import { sized } from './size.mjs';

const require = createRequire(import.meta.url);
const trips = sized(500, 5);

/** Taking and returning a lease over the session's socket, against echoes on a raw Unix socket. */
export async function leaseRoundTrip(rounds) {
  const { fakeProvider } = require('../dist/src/testing/index.js');
  const { ProviderRegistry } = require('../dist/src/pattern/registry.js');
  const { openSocketSession } = require('../dist/src/session/open-session.js');
  const { SocketTransport } = require('../dist/src/session/client/socket-transport.js');
  const { sessionVariable } = require('../dist/src/pattern/session-client.js');
  const registry = async () =>
    new ProviderRegistry({ fake: fakeProvider({ constraints: { retain: 'session' } }) });
  const open = await openSocketSession({ registry, say: () => undefined });
  const address = JSON.parse(process.env[sessionVariable]);
  const transport = await SocketTransport.open(address, {
    label: 'bench',
    providerModule: undefined,
    onLost() {},
    onEnded() {},
  });
  const directory = mkdtempSync(join(tmpdir(), 'jmp-bench-'));
  const echo = createServer((socket) => socket.pipe(socket)).listen(join(directory, 'echo'));
  await once(echo, 'listening');
  const raw = connect(join(directory, 'echo'));
  await once(raw, 'connect');
  try {
    const lease = async () => {
      const start = performance.now();
      for (let trip = 0; trip < trips; trip += 1) {
        const { leaseId } = await transport.lease(
          { provider: 'fake', name: 'a', holding: [], requester: '' },
          undefined,
        );
        await transport.release(leaseId);
      }
      return (performance.now() - start) / trips;
    };
    // A lease and its release are two requests and two responses.
    const ping = async () => {
      const start = performance.now();
      for (let trip = 0; trip < 2 * trips; trip += 1) {
        const answer = once(raw, 'data');
        raw.write('x'.repeat(200));
        await answer;
      }
      return (performance.now() - start) / trips;
    };
    const { a, b, ratio, ratioLow, ratioHigh } = await paired(rounds, lease, ping);
    return [
      [
        'warm lease and release',
        'two echoes on a raw Unix socket',
        ms(a),
        ms(b),
        `${ratio.toFixed(2)} (${ratioLow.toFixed(2)}–${ratioHigh.toFixed(2)})`,
      ],
    ];
  } finally {
    raw.destroy();
    echo.close();
    rmSync(directory, { recursive: true, force: true });
    await transport.close();
    await open.close();
  }
}
