import { createRequire } from 'node:module';
import { command, copyModels, firstToken, kill, startByHand } from './llama-server.mjs';
import { ms, paired } from './paired.mjs';
import { sized } from './size.mjs';

const { LlamaServerProvider } = createRequire(import.meta.url)('../dist/src/index.js');

/**
 * From the last release of one model to the first token of the next, on one place; against kill, start and a
 * tight poll by hand. With SIGTERM in place of SIGKILL the reference waits for llama-server to end by itself,
 * as we do. A large context makes a small model start as slowly as a larger one, because llama-server clears
 * its cache.
 */
export async function switchTime(rounds, directory) {
  const rows = [];
  for (const contextSize of sized([4096, 524_288], [256]))
    for (const signal of ['SIGKILL', 'SIGTERM'])
      rows.push(await measure(rounds, copyModels(directory, 2), contextSize, signal));
  return rows;
}

async function measure(rounds, [one, other], contextSize, signal) {
  const provider = new LlamaServerProvider({ command, threads: 1, contextSize });
  let [current, next] = [one, other];
  let handle = await provider.setup(current);
  let byHand = await startByHand(one, contextSize);
  const ours = async () => {
    const start = performance.now();
    await handle.teardown();
    [current, next] = [next, current];
    handle = await provider.setup(current);
    await handle.client.generate('2 + 3', { maxTokens: 1 });
    return performance.now() - start;
  };
  const floor = async () => {
    const start = performance.now();
    await kill(byHand, signal);
    byHand = await startByHand(other, contextSize);
    await firstToken(byHand.baseURL);
    return performance.now() - start;
  };
  try {
    const { a, b, ratio, ratioLow, ratioHigh } = await paired(rounds, ours, floor);
    return [
      `switch of models, context ${contextSize}, ${rounds} pairs`,
      `${signal}, start, poll every 2 ms`,
      ms(a),
      ms(b),
      `${ratio.toFixed(3)} (${ratioLow.toFixed(3)}–${ratioHigh.toFixed(3)})`,
    ];
  } finally {
    await kill(byHand);
    await handle.teardown();
  }
}
