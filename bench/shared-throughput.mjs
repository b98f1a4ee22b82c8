import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command, copyModels } from './llama-server.mjs';
import { miniProject, runJest } from './mini-project.mjs';
import { quantile } from './paired.mjs';

const samples = 256;
const concurrency = 32;
/** Tokens of an answer. The longer it is, the less weighs what a client does for it. */
const lengths = [64, 192];

/** The engines by their names in the table. Each tells the spec of its model and its provider's code; a text says why it cannot. */
const engines = {
  'llama-server': (directory) => ({
    spec: `llama:${copyModels(directory, 1)[0]}`,
    provider: `llama: new LlamaServerProvider({
      command: ${JSON.stringify(onOneCore(command, directory))}, threads: 1, slots: ${concurrency}, contextSize: 256,
    })`,
  }),
  vLLM: (directory) => {
    const script = fileURLToPath(new URL('../scripts/fetch-vllm.mjs', import.meta.url));
    const place = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
    if (place.startsWith('skipped: ')) return place.replace('skipped', 'not installed');
    return {
      spec: `vllm:${join(place, 'one')}`,
      provider: `vllm: new VLLMProvider({
        command: ${JSON.stringify(onOneCore(join(place, 'venv/bin/vllm'), directory))}, devices: [], slots: ${concurrency},
        maxModelLen: 256, enforceEager: true, env: { VLLM_CPU_KVCACHE_SPACE: '1' },
      })`,
    };
  },
};

/**
 * A command that leaves the other cores to the clients. The processes of vLLM poll each other: where clients get in between, a round takes
 * up to ten times as long as the next one, whoever asks.
 */
function onOneCore(program, directory) {
  const path = join(directory, 'server');
  writeFileSync(path, `#!/bin/sh\nexec taskset -c 0 '${program}' "$@"\n`, { mode: 0o755 });
  return path;
}

const reference = 'a loop of fetch() on the same server';

/** Samples a second of `foreach` over one server of an engine, against a bare loop of requests to the same server, in turn. */
export async function sharedThroughput(name, rounds) {
  const project = miniProject({});
  try {
    const engine = engines[name](project.directory);
    if (typeof engine === 'string') return [[`foreach over ${name}`, reference, engine, '', '']];
    project.write({
      'providers.js': `
        const { defineProviders, LlamaServerProvider, VLLMProvider } = require('jest-model-provider');
        exports.default = defineProviders({ ${engine.provider} });`,
      'jest.config.js': `module.exports = {
        preset: 'jest-model-provider',
        testTimeout: 600_000,
        testEnvironmentOptions: { modelProviders: './providers.js' },
      };`,
      'load.eval.js': spec(engine.spec, rounds),
    });
    const results = join(project.directory, 'results.json');
    await runJest(project.directory, ['-i', '--json', `--outputFile=${results}`]);
    const [file] = JSON.parse(readFileSync(results, 'utf8')).testResults;
    const durations = (title) =>
      file.assertionResults
        .filter((test) => test.title.startsWith(title))
        .map(({ duration }) => duration)
        .slice(1);
    return lengths.map((tokens) => {
      const [ours, bare] = [durations(`foreach ${tokens} `), durations(`bare ${tokens} `)];
      const ratios = ours.map((ms, round) => bare[round] / ms);
      const rate = (all) => `${Math.round((samples * 1000) / quantile(all, 0.5))} samples/s`;
      return [
        `foreach over ${name}, ${concurrency} at a time, ${samples} answers of ${tokens} tokens, ${rounds} pairs`,
        reference,
        rate(ours),
        rate(bare),
        `${quantile(ratios, 0.5).toFixed(3)} (${Math.min(...ratios).toFixed(3)}–${Math.max(...ratios).toFixed(3)})`,
      ];
    });
  } finally {
    project.remove();
  }
}

function spec(model, rounds) {
  return `
    const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');
    const questions = Array.from({ length: ${samples} }, (_, n) => 'What is ' + n + ' + ' + (n % 7) + '?');
    withClient(['${model}'], (handle) => {
      const evaluation = (tokens, round) => foreach('question', questions, async (question) => {
        const { text } = await handle.client.generate(question, { maxTokens: tokens, temperature: 0, extra: { ignore_eos: true } });
        return new Result(text, exactMatch(text, text));
      }, { title: 'foreach ' + tokens + ' ' + round, concurrency: ${concurrency} });
      const bareLoop = (tokens, round) => test('bare ' + tokens + ' ' + round, async () => {
        const { baseURL, apiKey } = handle.client.openai;
        const left = questions.values();
        await Promise.all(Array.from({ length: ${concurrency} }, async () => {
          for (const content of left) {
            const answer = await fetch(baseURL + '/chat/completions', {
              method: 'POST',
              headers: { 'content-type': 'application/json', authorization: 'Bearer ' + apiKey },
              body: JSON.stringify({
                model: ${JSON.stringify(basename(model))},
                max_tokens: tokens, temperature: 0, ignore_eos: true, messages: [{ role: 'user', content }],
              }),
            });
            if (!answer.ok) throw new Error(await answer.text());
            await answer.json();
          }
        }));
      });
      for (const tokens of ${JSON.stringify(lengths)}) {
        // One round more than is counted: the first warms everything.
        for (let round = 0; round <= ${rounds}; round += 1) {
          for (const register of round % 2 === 0 ? [evaluation, bareLoop] : [bareLoop, evaluation]) register(tokens, round);
        }
      }
    });`;
}
