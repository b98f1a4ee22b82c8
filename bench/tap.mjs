import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ms, paired, quantile } from './paired.mjs';
import { sized } from './size.mjs';

const require = createRequire(import.meta.url);
const { FileTap } = require('../dist/src/tap/tap.js');
const { TapListener } = require('../dist/src/tap/endpoint/tap-listener.js');
const { callAs } = require('../dist/src/pattern/model-calls.js');

const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'What is 12 + 7?' }] });

/** Calls through the address of a sample, against the same calls of the server itself, in one process. */
export async function tap(rounds) {
  return [
    ...(await hop(rounds, { delayMs: 0, atOnce: 1, calls: sized(400, 2) })),
    ...(await hop(rounds, { delayMs: 50, atOnce: 32, calls: sized(1600, 4) })),
  ];
}

async function hop(rounds, { delayMs, atOnce, calls }) {
  const server = fork(fileURLToPath(new URL('tap-upstream.mjs', import.meta.url)), [String(delayMs)]);
  const listener = await TapListener.open();
  try {
    const [port] = await once(server, 'message');
    const baseURL = `http://127.0.0.1:${port}/v1`;
    const lease = {
      spec: 'fake:m',
      isModel: true,
      connection: { baseURL, apiKey: 'k', model: 'm' },
      signal: new AbortController().signal,
    };
    const target = { lease };
    const fileTap = new FileTap(listener, () => [target]);
    const caller = { ...ofNobody, called: () => undefined };
    const scope = fileTap.begin(caller, target);
    listener.serve({ answer: (request) => fileTap.answer(request), caller: () => undefined });
    const load = (address) => async () => {
      const times = [];
      let left = calls;
      const start = performance.now();
      const ask = async () => {
        while (left-- > 0) {
          const sent = performance.now();
          const headers = { 'content-type': 'application/json' };
          await (await fetch(`${address}/chat/completions`, { method: 'POST', body, headers })).json();
          times.push(performance.now() - sent);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, ask));
      return atOnce === 1 ? quantile(times, 0.5) : performance.now() - start;
    };
    const tapped = load(scope.connectionTo(target).baseURL);
    const { a, b, ratio, ratioLow, ratioHigh } = await paired(
      rounds,
      () => callAs(caller, tapped),
      load(baseURL),
    );
    scope.end(false);
    return [
      atOnce === 1
        ? [
            `a call through the tap, one at a time: ${ms(a - b)} more at the median`,
            'the same call of the server',
            ms(a),
            ms(b),
            shown(ratio, ratioLow, ratioHigh),
          ]
        : [
            `${calls} calls through the tap, ${atOnce} at a time, of a server that takes ${delayMs} ms: rate`,
            'the same calls of the server',
            `${Math.round((calls * 1000) / a)} calls/s`,
            `${Math.round((calls * 1000) / b)} calls/s`,
            shown(1 / ratio, 1 / ratioHigh, 1 / ratioLow),
          ],
    ];
  } finally {
    listener.close();
    server.disconnect();
  }
}

const ofNobody = {
  maxWaitMs: 300_000,
  signal: new AbortController().signal,
  tapKey: () => undefined,
  waits: () => () => undefined,
  gaveUp: () => undefined,
  begins: () => () => undefined,
};

function shown(ratio, low, high) {
  return `${ratio.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}
