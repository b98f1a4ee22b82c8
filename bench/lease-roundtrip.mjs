import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ms, paired } from './paired.mjs';

const require = createRequire(import.meta.url);
const trips = 500;

/** Taking and giving back the lease of a live resource over the session's socket, against an echo on a raw Unix socket. */
export async function leaseRoundTrip(rounds) {
  const { fakeProvider } = require('../dist/src/testing/index.js');
  const { ProviderRegistry } = require('../dist/src/pattern/registry.js');
  const { openSocketSession } = require('../dist/src/session/open-session.js');
  const { SocketLink } = require('../dist/src/session/socket-link.js');
  const { sessionVariable } = require('../dist/src/session/protocol.js');
  const registry = new ProviderRegistry({ fake: fakeProvider({ constraints: { retain: 'session' } }) });
  const open = await openSocketSession({ registry, say: () => undefined });
  const address = JSON.parse(process.env[sessionVariable]);
  const link = await SocketLink.open(address, {
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
        const { leaseId } = await link.lease(
          { provider: 'fake', name: 'a', holding: [], requester: '' },
          undefined,
        );
        await link.release(leaseId);
      }
      return (performance.now() - start) / trips;
    };
    // A lease and its release are two questions and two answers.
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
    await link.close();
    await open.close();
  }
}
