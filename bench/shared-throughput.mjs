import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leftOut } from './left-out.mjs';
import { command, copyModels } from './llama-server.mjs';
import { miniProject, runJest } from './mini-project.mjs';
import { quantile } from './paired.mjs';
import { sized } from './size.mjs';

const samples = sized(256, 2);
const concurrency = sized(32, 2);
/** Tokens of an answer. The longer the answers, the smaller is the client's share of the time. */
const lengths = sized([64, 192], [2]);

/**
 * The engines by name. Each gives its model's spec and its provider's code, or a text that says why it cannot
 * run.
 */
const engines = {
  'llama-server': (directory) => ({
    spec: `llama:${copyModels(directory, 1)[0]}`,
    provider: `llama: new LlamaServerProvider({
      command: ${JSON.stringify(onOneCore(command, directory))}, threads: 1, slots: ${concurrency}, contextSize: 256,
    })`,
  }),
  vLLM: (directory) => {
    const script = fileURLToPath(new URL('../scripts/fetch-vllm.mjs', import.meta.url));
    const installed = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
    if (installed.startsWith('skipped: ')) return installed.slice('skipped: '.length);
    return {
      spec: `vllm:${join(installed, 'one')}`,
      provider: `vllm: new VLLMProvider({
        command: ${JSON.stringify(onOneCore(join(installed, 'venv/bin/vllm'), directory))}, devices: [], slots: ${concurrency},
        maxModelLen: 256, enforceEager: true, env: { VLLM_CPU_KVCACHE_SPACE: '1' },
        startTimeoutMs: 1_200_000, startStallMs: 600_000,
      })`,
    };
  },
};

/**
 * A command that leaves the other cores to the clients. The processes of vLLM poll each other: when clients
 * compete with them for a core, a round takes up to ten times as long as the next one, for both clients.
 */
function onOneCore(program, directory) {
  const path = join(directory, 'server');
  // Some containers may not use the first core.
  const [, core = '0'] = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  writeFileSync(path, `#!/bin/sh\nexec taskset -c ${core} '${program}' "$@"\n`, { mode: 0o755 });
  return path;
}

const reference = 'a loop of fetch() on the same server';

/**
 * Samples a second of `foreach` over one server, against a loop of bare requests to the same server, in turn.
 */
export async function sharedThroughput(name, rounds) {
  const project = miniProject({});
  try {
    const engine = engines[name](project.directory);
    if (typeof engine === 'string') {
      leftOut(`foreach over ${name}`, engine);
      return [];
    }
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
      }, { title: 'foreach ' + tokens + ' ' + round, concurrency: ${concurrency}, timeoutMs: 600_000 });
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
        // The first round warms all caches and is not counted.
        for (let round = 0; round <= ${rounds}; round += 1) {
          for (const register of round % 2 === 0 ? [evaluation, bareLoop] : [bareLoop, evaluation]) register(tokens, round);
        }
      }
    });`;
}
