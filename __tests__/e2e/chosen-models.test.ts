import { join } from 'node:path';
import { outcome, spec } from './noting-project';
import { bothModes, runJest } from './run-jest';

const files = {
  'sums.eval.js': spec(`
    const { parquet } = require('jest-model-provider');
    withClient(['embedded:novice', { spec: 'embedded:expert', label: 'best' }], (handle, model) => {
      test('plain', async () => note('plain ' + model));
      foreach('question, answer', parquet(${JSON.stringify(join(__dirname, '../fixtures/questions.parquet'))}), ({ question }) => {
        note(question + ' ' + model);
        return new Result(question, exactMatch(question, question));
      }, { title: 'sums' });
    });
    test('without a model', () => note('without'));`),
  'nested.eval.js': spec(`
    withClient(['embedded:expert'], () => {
      withClient(['embedded:novice'], () => test('nested', () => note('nested')));
    });`),
};

const rows = ['10 + 1', '2 + 3', '4 + 4'];

describe.each(bothModes)('EVALS_MODELS, %s', (mode) => {
  test('skips the blocks of other models, starts none of them, and leaves tests without a model alone', async () => {
    const run = await runJest(files, mode, { env: { EVALS_MODELS: 'best' } });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect([...run.notes].sort()).toEqual(
      [...rows.map((row) => `${row} best`), 'plain best', 'without'].sort(),
    );
    expect(run.events.filter(({ type }) => type === 'ready')).toHaveLength(1);
    expect(outcome(run, 'embedded:novice sums').status).toBe('pending');
  });

  test('of several, all run; a Parquet file gives its rows', async () => {
    const run = await runJest(files, mode, { env: { EVALS_MODELS: 'best, embedded:novice' } });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.notes.filter((line) => line.startsWith('4 + 4')).sort()).toEqual([
      '4 + 4 best',
      '4 + 4 embedded:novice',
    ]);
    expect(run.notes).not.toContain('nested');
  });

  test.each([
    ['bset', 'no withClient() has that label; did you mean "best"?'],
    ['best,embedded:none', 'EVALS_MODELS names "embedded:none", but nothing ran with it'],
    ['a,,b', 'EVALS_MODELS is "a,,b"; it must be labels of models with commas between them'],
  ])('%s is red, and says why', async (models, message) => {
    const run = await runJest(files, mode, { env: { EVALS_MODELS: models } });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).toContain(message);
  });

  test('a model whose block stands in that of another is red until both are named', async () => {
    const { 'nested.eval.js': nested } = files;
    const alone = await runJest({ 'nested.eval.js': nested }, mode, {
      env: { EVALS_MODELS: 'embedded:novice' },
    });
    expect(alone.exit).toBe(1);
    expect(alone.output).toContain('name that one as well');
    const both = await runJest({ 'nested.eval.js': nested }, mode, {
      env: { EVALS_MODELS: 'embedded:novice,embedded:expert' },
    });
    expect(both).toMatchObject({ exit: 0, notes: ['nested'] });
  });
});
