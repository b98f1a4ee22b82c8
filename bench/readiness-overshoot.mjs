import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import waitOn from 'wait-on';
import { ms, quantile } from './paired.mjs';
import { sized } from './size.mjs';

const require = createRequire(import.meta.url);
const { waitUntilReady } = require('../dist/src/process/readiness/readiness.js');
const { httpStatus } = require('../dist/src/process/readiness/readiness-checks.js');
const { freePort } = require('../dist/src/process/os/ports.js');

/** Time from "the server answers 200" to "the wait is over", for servers that start after a random time. */
export async function readinessOvershoot(rounds) {
  const ours = [];
  const theirs = [];
  for (let round = 0; round < rounds; round += 1) {
    const delayMs = 50 + Math.random() * sized(2000, 50);
    ours.push(await overshoot(delayMs, waitOurs));
    theirs.push(
      await overshoot(delayMs, (port) => waitOn({ resources: [`http-get://127.0.0.1:${port}/health`] })),
    );
  }
  const [p50, p95] = [0.5, 0.95];
  return [p50, p95].map((q) => {
    const [a, b] = [quantile(ours, q), quantile(theirs, q)];
    return [
      `readiness overshoot, p${q * 100} of ${rounds}`,
      'wait-on http-get',
      ms(a),
      ms(b),
      (a / b).toFixed(3),
    ];
  });
}

async function waitOurs(port) {
  const server = { port, apiKey: 'none', process: { exited: new Promise(() => undefined) } };
  const watch = { signal: new AbortController().signal, signOfLife: () => 0, progress: () => undefined };
  await waitUntilReady(
    [httpStatus(server, '/health', 'health')],
    { stallMs: 60_000, requestMs: 10_000 },
    watch,
  );
}

async function overshoot(delayMs, wait) {
  const port = await freePort();
  let readyAt = 0;
  const server = createServer((_request, response) => response.writeHead(200).end('ok'));
  const timer = setTimeout(
    () => server.listen(port, '127.0.0.1', () => (readyAt = performance.now())),
    delayMs,
  );
  try {
    await wait(port);
    return performance.now() - readyAt;
  } finally {
    clearTimeout(timer);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
