import { outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

// Makes rows as they are asked for, and fails if more of them are under way than samples may be.
const counted = `
  let made = 0, done = 0, most = 0;
  async function* rows(count) {
    for (; made < count; made += 1) { most = Math.max(most, made - done + 1); yield { n: made }; }
  }
  const sample = async (n) => { await new Promise(setImmediate); done += 1; return new Result('x', exactMatch('x', 'x')); };`;

const specs = {
  'matcher.eval.js': spec(`
    test('passes', () => { expect('4').toScore(exactMatch('4')); });
    test('fails', () => { expect('5').toScore(exactMatch('4')); });`),
  'without-globals.eval.js': `
    const { expect, test } = require('@jest/globals');
    const { exactMatch } = require('jest-model-provider');
    test('imported expect', () => { expect('4').toScore(exactMatch('4')); });`,
  'native.eval.mjs': `
    import { expect, test } from '@jest/globals';
    import { exactMatch } from 'jest-model-provider';
    test('native module', () => { expect('4').toScore(exactMatch('4')); });`,
  'streams.eval.js': spec(`${counted}
    foreach('n', () => rows(200), sample, { title: 'a generator', concurrency: 3 });
    test('has no rows waiting', () => { expect([made, done, most]).toEqual([200, 200, 3]); });`),
  'folder/files.eval.js': spec(`
    const { csv, jsonl } = require('jest-model-provider');
    const judged = ({ q, a }) => new Result(q, exactMatch(q, a));
    foreach('q, a', jsonl('rows.jsonl'), judged, { title: 'jsonl' });
    foreach('q, a', csv('rows.csv'), judged, { title: 'csv' });
    foreach('q, a', csv('rows.csv'), judged);
    foreach('q, b', jsonl('rows.jsonl'), judged, { title: 'no such column' });
    foreach('q, a', jsonl('torn.jsonl'), judged, { title: 'torn' });
    foreach('q, a', csv('rows.csv'), ({ q }) => { throw new Error('about ' + q); }, { title: 'throws' });`),
  'folder/rows.jsonl': '{"q":"1","a":"1"}\n\n{"q":"2","a":"3"}\n',
  'folder/rows.csv': 'q,a\n1,1\n2,3\n',
  'folder/torn.jsonl': '{"q":"1","a":"1"}\n{"q":',
  'scores.eval.js': spec(`
    const { defineScorer, judge } = require('jest-model-provider');
    const broken = defineScorer('broken', () => { throw new Error('no table'); });
    const client = { generate: async () => ({ text: 'perhaps' }) };
    foreach('n', [1], () => new Result('x', exactMatch('x')), { title: 'forgotten' });
    foreach('n', [1], () => new Result('x', broken('x', 'y')), { title: 'broken' });
    foreach('n', [1], async () => new Result('x', await judge({ client, rubric: 'r' })('x', 'y')), { title: 'undecided' });`),
  'kinds.eval.js': spec(`
    const { defineScorer } = require('jest-model-provider');
    const given = (name, kind) => defineScorer(name, (value) => value, { kind });
    const [flag, grade, stars] = [given('flag'), given('grade'), given('stars', 'real')];
    const marks = defineScorer('marks', (value) => value, { range: [1, 5] });
    withClient(['noting:a', 'noting:b'], (handle, model) => {
      foreach('n, id', [[0, 'a'], [1, 'b'], [1, 'c'], [1, 'd']], ({ n }) => new Result('x', [
        flag(n, ''), grade(model === 'noting:b' && n === 0 ? 0.5 : n, ''), stars(n, ''), marks(4, ''),
      ]), { title: 'kinds', gate: { flag: { min: 0.75, by: 'mean' } } });
    });
    foreach('n', [1], () => new Result('x', given('passed', 'binary')(0.5, '')), { title: 'not binary' });`),
};

describe.each(bothModes)('scorers and data sets, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest({ ...providerModule({ noting: 'new NotingProvider()' }), ...specs }, mode, {
      config: withProviders,
      env: { NODE_OPTIONS: '--experimental-vm-modules' },
    });
  });

  test.each(['passes', 'imported expect', 'native module'])(
    'toScore needs no setup besides the preset: %s',
    (title) => {
      expect(outcome(run, title)).toEqual({ title, status: 'passed', message: '' });
    },
  );

  test('toScore fails with the score', () => {
    expect(outcome(run, 'fails').message).toContain('Received score: false');
  });

  test('rows are read when a sample can start', () => {
    expect(outcome(run, 'a generator').status).toBe('passed');
    expect(outcome(run, 'has no rows waiting')).toMatchObject({ status: 'passed' });
  });

  test('an evaluation is named after its columns, and the file of its data set', () => {
    expect(outcome(run, 'foreach q, a in folder/rows.csv').status).toBe('passed');
  });

  test.each(['jsonl', 'csv'])('a %s file is found beside its spec', (title) => {
    expect(outcome(run, title)).toMatchObject({ status: 'passed' });
    expect(run.output).toMatch(new RegExp(`│ ${title} +│ exactMatch │ 2 +│ 50\\.0 %`));
  });

  test.each([
    ['right and wrong if they are 0 and 1', 'flag', /75\.0 % \(30\.1 %–95\.4 %\).* 75\.0 %/, /0\.0 %/],
    [
      'measures if they are 0 and 1 and a model has one between',
      'grade',
      /0\.750 \(0\.193–0\.994\).* 0\.875/,
      /-0\.125/,
    ],
    ['measures if their scorer says so', 'stars', /0\.750 \(-0\.046–1\.546\).* 0\.750/, /0\.000/],
    ['measures if their scorer says a range', 'marks', /4\.000 \(2\.186–4\.605\).* 4\.000/, /0\.000/],
  ])('numbers are %s', (_, score, cells, difference) => {
    const rows = run.output.split('\n').filter((line) => new RegExp(`│ kinds +│ ${score} `).test(line));
    expect(rows).toEqual([expect.stringMatching(cells), expect.stringMatching(difference)]);
    expect(outcome(run, 'noting:b kinds').status).toBe('passed');
  });

  test.each([
    ['not binary', 'passed: its value is 0.5; of a binary scorer it must be true, false, 1, 0 or null.'],
    ['no such column', 'foreach(): row 0 (folder/rows.jsonl:1) has no column "b"; it has "q", "a".'],
    ['torn', 'jsonl(): folder/torn.jsonl:2 is not JSON:'],
    ['throws', '- sample 1 (folder/rows.csv:3): about 2'],
    ['forgotten', 'new Result(): a score is a function: give the scorer the answer and what is expected'],
    ['broken', '- sample 0: broken: no table.'],
    ['undecided', 'judge: the judge replied "perhaps", which ends with none of no, yes.'],
  ])('%s is red, and says %s', (title, message) => {
    expect(outcome(run, title).message).toContain(message);
  });

  test('nothing is left', () => {
    expect(run.left).toEqual([]);
  });
});
