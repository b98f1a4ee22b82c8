import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { unnamedRun } from '../support/eval-logs';
import { notesAbout, outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const specs = {
  'data.eval.js': spec(`
    foreach('question, answer', [['1 + 1', '2'], ['2 + 2', '4']], ({ question, answer }) => new Result('2', exactMatch('2', answer)), { title: 'half wrong' });
    foreach('question', [{ question: 'a', other: 'b' }], (question) => new Result(question, exactMatch(question, 'a')), { title: 'one column' });
    foreach('question', ['a'], () => new Result('b', exactMatch('b', 'a')), { title: 'all wrong' });`),
  'errors.eval.js': spec(`
    foreach('n', [1, 2, 3], (n) => { if (n === 2) throw new Error('no answer to ' + n); return new Result('x'); }, { title: 'throws' });
    foreach('n', [1, 2], (n) => { if (n === 1) throw Object.create(null); return new Result('x'); }, { title: 'illegible', gate: { maxErrors: 1 } });
    foreach('n', [1], (n) => { expect(n).toBe(2); return new Result('x'); }, { title: 'matcher' });
    foreach('n', [], () => new Result('x'), { title: 'empty' });
    foreach('n', [1], () => new Promise(() => undefined), { title: 'never ends', timeoutMs: 50 });
    foreach('n', [1], () => 'x', { title: 'no result' });
    foreach('a, b', [{ a: 1 }], () => new Result('x'), { title: 'column' });`),
  'retries.eval.js': spec(`
    jest.retryTimes(2);
    foreach('n', [1], (n) => { note('sampled'); return new Result('x'); }, { title: 'retried' });`),
  'twins.eval.js': spec(`
    foreach('n', [1], () => new Result('x'), { title: 'twin' });
    describe('elsewhere', () => foreach('n', [1], () => new Result('x'), { title: 'twin' }));
    foreach('n', [1], () => new Result('x'), { title: 'twin' });`),
  'options.eval.js': spec(`foreach('a, a', [], () => new Result('x'));`),
  'timeout.eval.js': spec(`foreach('n', [1], () => new Result('x'), 5000);`),
  'reduce.eval.js': spec(`
    const { passAt } = require('jest-model-provider');
    const passed = (_n, { trial }) => exactMatch(String(trial), '1');
    foreach('n', [1, 2], passed, { title: 'reduced', trials: 3, reduce: { exactMatch: passAt(3) } });
    foreach('n', [1, 2], passed, { title: 'misnamed', trials: 3, reduce: { exactmatch: passAt(3) } });`),
  'blocks.eval.js': spec(`
    for (const block of ['easy', 'hard'])
      describe(block, () => foreach('n', [1], () => block === 'easy', { title: 'shared' }));`),
  'lazy.eval.js': spec(`
    withClient(['noting:empty'], () => foreach('n', [], () => new Result('x'), { title: 'nothing to ask' }));
    withClient(['noting:lazy'], (handle) => {
      foreach('n', [1, 2], (n, { client, model }) => { note(model + ' use ' + client.name); return new Result('x'); }, { title: 'first' });
      foreach('n', [1], () => { note('use ' + handle.client.name); return new Result('x'); }, { title: 'second' });
    });`),
  'signal.eval.js': spec(`
    foreach('n', [1], (_n, { signal }) => new Promise(() => signal.addEventListener('abort', () => note('aborted sample'))), { title: 'is told', timeoutMs: 50 });`),
};

describe.each(bothModes)('foreach, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest({ ...providerModule({ noting: 'new NotingProvider()' }), ...specs }, mode, {
      config: withProviders,
      env: { GITHUB_STEP_SUMMARY: 'page.md' },
    });
  });

  test('leaves nothing', () => {
    expect(run).toMatchObject({ exit: 1, left: [] });
  });

  test.each(['half wrong', 'all wrong', 'one column'])('a wrong answer is data, and green: %s', (title) => {
    expect(outcome(run, title).status).toBe('passed');
  });

  test.each([
    ['throws', '"throws": 1 of 3 samples failed.'],
    ['throws', '- sample 1: no answer to 2'],
    ['matcher', 'sample 0: expect(received).toBe(expected)'],
    ['empty', 'the data set is empty'],
    ['never ends', 'sample 0: took longer than its 50 ms'],
    ['no result', 'returned a string; return new Result(response, scores), a score, a boolean or a number'],
    ['column', 'row 0 has no column "b"'],
  ])('an error is red: %s says %s', (title, message) => {
    expect(outcome(run, title)).toEqual({
      title,
      status: 'failed',
      message: expect.stringContaining(message) as string,
    });
  });

  test('an error that cannot be read is that of its sample', () => {
    expect(outcome(run, 'illegible').status).toBe('passed');
  });

  test('a sample whose time is up is told by its signal', () => {
    expect(outcome(run, 'is told').status).toBe('failed');
    expect(run.notes).toContain('aborted sample');
  });

  test('retryTimes is refused before anything is sampled', () => {
    expect(outcome(run, 'retried').message).toContain(
      'foreach() inside jest.retryTimes() would bias its scores',
    );
    expect(run.notes).not.toContain('sampled');
  });

  test('a second evaluation of one name is refused, in another block it is not', () => {
    const twins = run.tests.filter(({ title }) => title.endsWith('twin'));
    expect(twins.map(({ status }) => status).sort()).toEqual(['failed', 'passed', 'passed']);
    expect(twins.find(({ status }) => status === 'failed')?.message).toContain('give one another title');
  });

  test('wrong columns fail the file', () => {
    expect(outcome(run, 'options.eval.js').message).toContain(
      'the columns "a, a" must be names separated by commas, each once',
    );
  });

  test('a number is no option: a time limit is one of a sample', () => {
    expect(outcome(run, 'timeout.eval.js').message).toContain(
      'foreach(): the options are a number; they must be an object, such as { timeoutMs: 5000 }.',
    );
  });

  test('trials are reduced as is said, and red where that names a score that there is none of', () => {
    expect(outcome(run, 'reduced').status).toBe('passed');
    expect(run.output).toMatch(/│ reduced +│ exactMatch │ 2 +│ 100\.0 %/);
    expect(outcome(run, 'misnamed').message).toContain(
      'reduce names "exactmatch", but no sample of "misnamed" has that score',
    );
  });

  test('evaluations of one title in several blocks are several', () => {
    expect(run.output).toMatch(/│ easy shared +│ score +│ 1 +│ 100\.0 %/);
    expect(run.output).toMatch(/│ hard shared +│ score +│ 1 +│ 0\.0 %/);
  });

  test('what it found is a file beside the logs, and is on the page of a job in GitHub Actions', () => {
    const folder = unnamedRun(run);
    const summary = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as {
      evaluations: { title: string }[];
    };
    expect(summary.evaluations.map(({ title }) => title)).toEqual(
      expect.arrayContaining(['half wrong', 'easy shared', 'hard shared', 'throws']),
    );
    const page = readFileSync(join(run.project, 'page.md'), 'utf8');
    expect(page).toContain(`## Evaluations of ${basename(folder)}`);
    expect(page).toMatch(/\| half wrong \| exactMatch \| 2 \| 50\.0 %/);
  });

  test('a block of evaluations leases when the first sample needs it, once, and not for nothing', () => {
    expect(notesAbout(run, 'empty')).toEqual([]);
    expect(notesAbout(run, 'lazy')).toEqual([
      'start lazy',
      'noting:lazy use lazy',
      'noting:lazy use lazy',
      'use lazy',
      'stop lazy',
    ]);
  });

  test('the matrix has the scores, and the errors beside them', () => {
    expect(run.output).toMatch(/│ half wrong +│ exactMatch │ 2 +│ 50\.0 %/);
    expect(run.output).toMatch(/│ all wrong +│ exactMatch │ 1 +│ 0\.0 %/);
  });
});
