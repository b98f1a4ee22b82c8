import { join } from 'node:path';
import { notesUnder, started } from '../support/eval-logs';
import { outcome, spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

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
  'inner.eval.js': spec(`
    withClient([{ spec: 'embedded:expert', label: 'best' }], () => {
      withClient(['embedded:novice'], () => test('inner', () => note('inner')));
    });`),
};

const rows = ['10 + 1', '2 + 3', '4 + 4'];

describe.each(bothModes)('EVALS_MODELS, %s', (mode) => {
  const choose = (models: string, chosenFiles: Partial<typeof files> = files): Promise<JestRun> =>
    runJest(chosenFiles, mode, { env: { EVALS_MODELS: models } });

  let several: JestRun;
  beforeAll(async () => {
    several = await choose('best, embedded:novice');
  });

  /** What chooses a model that there is none of, and what names none. */
  const red: Record<string, JestRun> = {};
  for (const models of ['bset', 'best,embedded:none', 'a,,b'])
    beforeAll(async () => {
      red[models] = await choose(models);
    });

  test('skips the blocks of other models, starts none of them, and leaves tests without a model alone', () => {
    const run = red['best,embedded:none']!;
    expect([...run.notes].sort()).toEqual(
      [...rows.map((row) => `${row} best`), 'plain best', 'without'].sort(),
    );
    expect(started(run)).toEqual(['embedded:expert#1']);
    expect(outcome(run, 'embedded:novice sums').status).toBe('pending');
    expect(run.tests.filter(({ status }) => status === 'failed')).toEqual([]);
  });

  test('of several, all run; a Parquet file gives its rows', () => {
    expect(several).toMatchObject({ exit: 0, left: [] });
    expect(notesUnder(several, '4 + 4').sort()).toEqual(['best', 'embedded:novice']);
    expect(several.notes).not.toContain('nested');
  });

  test.each([
    ['bset', 'no withClient() has that label; did you mean "best"?'],
    ['best,embedded:none', 'EVALS_MODELS names "embedded:none", but nothing ran with it'],
    ['a,,b', 'EVALS_MODELS is "a,,b"; it must be labels of models with commas between them'],
  ])('%s is red, and says why', (models, message) => {
    expect(red[models]).toMatchObject({ exit: 1, left: [] });
    expect(red[models]!.output).toContain(message);
  });

  test('a wrong name is red also where Jest has reporters of others alone', async () => {
    const run = await runJest({ 'inner.eval.js': files['inner.eval.js'] }, mode, {
      env: { EVALS_MODELS: 'bset' },
      reporters: ['default'],
    });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).toContain('did you mean "best"?');
  });

  test('a model whose block stands in that of another is red until both are named', async () => {
    const { 'inner.eval.js': inner } = files;
    const alone = await choose('embedded:novice', { 'inner.eval.js': inner });
    expect(alone.exit).toBe(1);
    expect(alone.output).toContain('name that one as well');
    expect(several.notes).toContain('inner');
  });
});
