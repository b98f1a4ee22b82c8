import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, copyModels } from './llama-server.mjs';
import { miniProject, runJest } from './mini-project.mjs';
import { quantile } from './paired.mjs';

const samples = 512;
const concurrency = 32;
const tokens = 64;

/** Samples a second of `foreach` over one llama-server, against a bare loop of requests to the same server, in turn. */
export async function sharedThroughput(rounds) {
  const project = miniProject({});
  try {
    const [model] = copyModels(project.directory, 1);
    project.write({
      'providers.js': `
        const { defineProviders, LlamaServerProvider } = require('jest-model-provider');
        exports.default = defineProviders({
          llama: new LlamaServerProvider({ command: ${JSON.stringify(command)}, threads: 1, slots: ${concurrency}, contextSize: 256 }),
        });`,
      'jest.config.js': `module.exports = {
        preset: 'jest-model-provider',
        testTimeout: 600_000,
        testEnvironmentOptions: { modelProviders: './providers.js' },
      };`,
      'load.eval.js': spec(`llama:${model}`, rounds),
    });
    const results = join(project.directory, 'results.json');
    await runJest(project.directory, ['-i', '--json', `--outputFile=${results}`]);
    const [file] = JSON.parse(readFileSync(results, 'utf8')).testResults;
    const durations = (title) =>
      file.assertionResults.filter((test) => test.title.startsWith(title)).map(({ duration }) => duration);
    const [ours, bare] = [durations('foreach'), durations('bare')].map((all) => all.slice(1));
    const ratios = ours.map((ms, round) => bare[round] / ms);
    const rate = (all) => `${Math.round((samples * 1000) / quantile(all, 0.5))} samples/s`;
    return [
      [
        `foreach, ${concurrency} at a time, ${samples} samples, ${ours.length} pairs`,
        'a loop of fetch() on the same server',
        rate(ours),
        rate(bare),
        `${quantile(ratios, 0.5).toFixed(3)} (${Math.min(...ratios).toFixed(3)}–${Math.max(...ratios).toFixed(3)})`,
      ],
    ];
  } finally {
    project.remove();
  }
}

function spec(model, rounds) {
  return `
    const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');
    const questions = Array.from({ length: ${samples} }, (_, n) => 'What is ' + n + ' + ' + (n % 7) + '?');
    withClient(['${model}'], (handle) => {
      const evaluation = (round) => foreach('question', questions, async (question) => {
        const { text } = await handle.client.generate(question, { maxTokens: ${tokens}, temperature: 0, extra: { ignore_eos: true } });
        return new Result(text, exactMatch(text, text));
      }, { title: 'foreach ' + round, concurrency: ${concurrency} });
      const bareLoop = (round) => test('bare ' + round, async () => {
        const { baseURL, apiKey } = handle.client.openai;
        const left = questions.values();
        await Promise.all(Array.from({ length: ${concurrency} }, async () => {
          for (const content of left) {
            const answer = await fetch(baseURL + '/chat/completions', {
              method: 'POST',
              headers: { 'content-type': 'application/json', authorization: 'Bearer ' + apiKey },
              body: JSON.stringify({
                model: ${JSON.stringify(model.split('/').at(-1))},
                max_tokens: ${tokens}, temperature: 0, ignore_eos: true, messages: [{ role: 'user', content }],
              }),
            });
            if (!answer.ok) throw new Error(await answer.text());
            await answer.json();
          }
        }));
      });
      // One round more than is counted: the first warms everything.
      for (let round = 0; round <= ${rounds}; round += 1) {
        for (const register of round % 2 === 0 ? [evaluation, bareLoop] : [bareLoop, evaluation]) register(round);
      }
    });`;
}
