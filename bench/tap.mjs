import { createRequire } from 'node:module';
import { leftOut } from './left-out.mjs';
import { ms, paired, quantile } from './paired.mjs';
import { sized } from './size.mjs';
import { embeddedServer, instantServer, llamaServer } from './tap-servers.mjs';

const require = createRequire(import.meta.url);
const { FileTap } = require('../dist/src/tap/tap.js');
const { TapListener } = require('../dist/src/tap/endpoint/tap-listener.js');
const { callAs } = require('../dist/src/pattern/model-calls.js');

const atOnce = sized(32, 2);
const tokens = sized(64, 2);

/** Calls through the address of a sample, against the same calls of the server itself, in one process. */
export async function tap(rounds) {
  return [
    ...(await hop(rounds, () => instantServer(0), 'a server that answers at once', {
      ...{ atOnce: 1, calls: sized(400, 2) },
    })),
    ...(await hop(rounds, () => instantServer(50), 'a server that takes 50 ms', {
      ...{ atOnce, calls: sized(1600, 4) },
    })),
    ...(await hop(
      rounds,
      () => instantServer(50),
      'a server that takes 50 ms, by a client that computes for 2 ms after each',
      { atOnce, calls: sized(1600, 4), computeMs: 2 },
    )),
    ...(await hop(rounds, () => embeddedServer(atOnce), `the embedded server, up to ${tokens} tokens each`, {
      ...{ atOnce, calls: sized(128, 4) },
    })),
    ...(await hop(rounds, () => llamaServer(atOnce), `llama-server, ${tokens} tokens each`, {
      ...{ atOnce, calls: sized(256, 4) },
    })),
  ];
}

/** Starts a server and measures it; nothing where it cannot be had. */
async function hop(rounds, start, what, load) {
  const server = await start();
  if (typeof server === 'string') {
    leftOut(`the tap over ${what}`, server);
    return [];
  }
  const listener = await TapListener.open();
  try {
    return [await measure(rounds, { listener, server, what, ...load })];
  } finally {
    listener.close();
    await server.stop();
  }
}

async function measure(rounds, { listener, server, what, atOnce, calls, computeMs = 0 }) {
  const { baseURL } = server;
  const connection = { baseURL, apiKey: 'k', model: 'm' };
  const target = {
    lease: { spec: 'fake:m', isModel: true, connection, signal: new AbortController().signal },
  };
  const fileTap = new FileTap(listener, () => [target]);
  const caller = { ...ofNobody, called: () => undefined };
  const scope = fileTap.begin(caller, target);
  listener.serve({ answer: (request) => fileTap.answer(request), caller: () => undefined });
  const load = (address) => async () => {
    const times = [];
    let left = calls;
    const start = performance.now();
    const ask = async () => {
      while (left > 0) {
        left -= 1;
        const sent = performance.now();
        const response = await fetch(`${address}/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            ...{ model: 'm', temperature: 0, max_tokens: tokens, ignore_eos: true },
            messages: [{ role: 'user', content: `What is ${left} + 7?` }],
          }),
        });
        if (!response.ok) throw new Error(await response.text());
        await response.json();
        times.push(performance.now() - sent);
        const computed = performance.now() + computeMs;
        while (performance.now() < computed);
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
  if (atOnce === 1)
    return [
      `a call of ${what}, one at a time: ${ms(a - b)} more at the median`,
      ...['the same call without the tap', ms(a), ms(b), shown(ratio, ratioLow, ratioHigh)],
    ];
  return [
    `${calls} calls of ${what}, ${atOnce} at a time: rate`,
    'the same calls without the tap',
    ...[a, b].map((took) => `${rate((calls * 1000) / took)} calls/s`),
    shown(1 / ratio, 1 / ratioHigh, 1 / ratioLow),
  ];
}

const ofNobody = {
  maxWaitMs: 300_000,
  signal: new AbortController().signal,
  tapKey: () => undefined,
  waits: () => () => undefined,
  gaveUp: () => undefined,
  begins: () => () => undefined,
};

function rate(value) {
  return value < 100 ? value.toFixed(1) : Math.round(value);
}

function shown(ratio, low, high) {
  return `${ratio.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}
