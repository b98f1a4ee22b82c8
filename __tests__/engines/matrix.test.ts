import { loads, matrixConfig } from '../e2e/matrix-project';
import { bothModes, runJest } from '../e2e/run-jest';
import { mostAlive } from '../e2e/two-models';
import { describeWithLlamaServer, modelFile } from './llama-server';

const [novice, expert] = [`llama:${modelFile('novice')}`, `llama:${modelFile('expert')}`];

const dataset = Array.from({ length: 20 }, (_, index) => ({
  question: `What is ${index + 11} + ${3 * index}?`,
  answer: String(index + 11 + 3 * index),
}));

/** A spec file over one model or several. */
function spec(models: readonly string[]): string {
  return `
    const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');
    const dataset = ${JSON.stringify(dataset)};
    withClient(${JSON.stringify(models)}, (handle, model) => {
      foreach('question, answer', dataset, async ({ question, answer }) => {
        const { text } = await handle.client.generate(question, { temperature: 0, maxTokens: 8 });
        return new Result(text, exactMatch(text, answer));
      });
      test('is answered by the model that was asked', async () => {
        const { model: answered } = await handle.client.generate('What is 1 + 2?', { maxTokens: 1 });
        expect(model.endsWith('/' + answered)).toBe(true);
      });
    });`;
}

describeWithLlamaServer('a matrix of two models on one llama-server at a time', (command) => {
  const env = { LLAMA_SERVER: command };

  describe.each(bothModes)('%s', (mode) => {
    test('loads each model once for a file that evaluates both', async () => {
      const run = await runJest({ 'both.eval.js': spec([novice, expert]) }, mode, { env });
      expect({ exit: run.exit, left: run.left }).toEqual({ exit: 0, left: [] });
      expect(run.tests.map(({ status }) => status)).toEqual(Array(4).fill('passed'));
      expect(loads(run)).toEqual([novice, expert]);
      expect(mostAlive(run)).toBe(1);
      expect(run.output).toMatch(/│ exactMatch │ 20 +│ 5\.0 % .* │ 100\.0 % /);
    });

    test('loads each model once for many files, when modelMatrix() puts them into model-major order', async () => {
      const models = JSON.stringify([novice, expert]);
      const files = {
        ...matrixConfig(mode, { models, config: { testEnvironmentOptions: {} } }),
        ...Object.fromEntries(['a', 'b', 'c'].map((name) => [`${name}.eval.js`, spec([novice, expert])])),
      };
      const run = await runJest(files, mode, { env, args: ['--config', 'matrix.config.js'] });
      expect({ exit: run.exit, left: run.left }).toEqual({ exit: 0, left: [] });
      expect(run.tests.map(({ status }) => status)).toEqual(Array(12).fill('passed'));
      expect(loads(run).sort()).toEqual([expert, novice]);
      expect(mostAlive(run)).toBe(1);
    });
  });
});
