// The same evaluation by other packages. Each is installed in its own folder:
//
//   npm i --prefix peers/langsmith langsmith@0.12 jest@30
//   npm i --prefix peers/vitest-evals vitest-evals@0.16 vitest@4
//   npm i --prefix peers/evalite evalite@0.19 vitest@3
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { leftOut } from './left-out.mjs';

/** @param {string | undefined} folder that holds those folders. */
export function peers(folder) {
  if (folder === undefined) {
    leftOut(Object.keys(programs).join(', '), 'BENCH_PEERS is not set');
    return {};
  }
  const found = Object.entries(programs).map(([name, program]) => {
    const modules = resolve(folder, name, 'node_modules');
    if (!existsSync(modules))
      throw new Error(`BENCH_PEERS: there is no ${modules}; bench/peers.mjs says how to install it`);
    const [file, ...args] = program.command;
    return [name, { ...program, modules, command: [join(modules, file), ...args] }];
  });
  return Object.fromEntries(found);
}

const pairs = `Array.from({ length: Number(process.env.BENCH_SAMPLES) }, (_, n) => ['question ' + n, 'answer ' + n])`;

const programs = {
  langsmith: {
    title: 'langsmith/jest',
    most: 10_000,
    env: { LANGSMITH_TEST_TRACKING: 'false' },
    files: {
      'jest.config.js': `module.exports = { testEnvironment: 'node', testMatch: ['**/answers.js'], reporters: ['langsmith/jest/reporter'] };\n`,
      'answers.js': `
        const ls = require('langsmith/jest');
        const rows = ${pairs}.map(([question, answer]) => ({ inputs: { question }, referenceOutputs: { answer } }));
        ls.describe('answers', () => {
          ls.test.each(rows)('answers', async ({ inputs, referenceOutputs }) => {
            const answer = inputs.question.replace('question', 'answer');
            ls.logFeedback({ key: 'exactMatch', score: answer.trim() === referenceOutputs.answer.trim() });
            return { answer };
          });
        }, { enableTestTracking: false });`,
    },
    command: ['jest/bin/jest.js', '-i'],
  },
  'vitest-evals': {
    most: 10_000,
    files: {
      // Threads, so that one process uses all that is used.
      'vitest.config.mjs': `export default { test: { include: ['**/*.eval.mjs'], pool: 'threads' } };\n`,
      'answers.eval.mjs': `
        import { expect } from 'vitest';
        import { createHarness, describeEval } from 'vitest-evals';
        const rows = ${pairs}.map(([input, answer]) => ({ input, answer }));
        const harness = createHarness({
          name: 'answers',
          run: async ({ input }) => {
            const output = input.replace('question', 'answer');
            return { output, events: [{ type: 'message', role: 'assistant', content: output }] };
          },
        });
        describeEval('answers', { harness }, (it) => {
          it.for(rows)('$input', async ({ input, answer }, { run }) => {
            const { output } = await run(input);
            expect(output.trim()).toBe(answer.trim());
          });
        });`,
    },
    command: ['vitest/vitest.mjs', 'run', '--reporter=vitest-evals/reporter'],
  },
  evalite: {
    most: 1000,
    files: {
      'answers.eval.ts': `
        import { evalite } from 'evalite';
        evalite('answers', {
          data: () => ${pairs}.map(([input, expected]) => ({ input, expected })),
          task: async (input) => input.replace('question', 'answer'),
          scorers: [
            { name: 'exactMatch', scorer: ({ output, expected }) => (output.trim() === expected.trim() ? 1 : 0) },
          ],
        });`,
    },
    command: ['evalite/dist/bin.js', 'run'],
  },
};
