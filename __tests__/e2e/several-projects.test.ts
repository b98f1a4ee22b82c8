import { notesUnder } from '../support/eval-logs';
import { spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const project = (displayName: string): Record<string, unknown> => ({
  preset: 'jest-model-provider',
  displayName,
  globals: { variant: displayName },
});

describe.each(bothModes)('one spec file in two projects, %s', (mode) => {
  let first: JestRun;
  let again: JestRun;
  beforeAll(async () => {
    const files = {
      'sums.eval.js': spec(`
        foreach('n', [1, 2], (n) => { note('asked ' + variant + ' ' + n); return variant === 'one'; }, { title: 'sums' });`),
    };
    const options = {
      config: { preset: undefined, projects: [project('one'), project('two')] },
      env: { EVALS_RUN: 'mine' },
    };
    first = await runJest(files, mode, options);
    again = await runJest({}, mode, { ...options, project: first.project });
  });

  test('is evaluated in each of them', () => {
    expect(first).toMatchObject({ exit: 0, left: [] });
    expect(notesUnder(first, 'asked').sort()).toEqual(['one 1', 'one 2', 'two 1', 'two 2']);
  });

  test('has a row for each of them in the report', () => {
    expect(first.output).toMatch(/one sums +│ score +│ 2 +│ 100\.0 %/);
    expect(first.output).toMatch(/two sums +│ score +│ 2 +│ 0\.0 %/);
  });

  test('is finished in both when the run is continued', () => {
    expect(again).toMatchObject({ exit: 0, notes: [] });
    expect(again.output).toMatch(/one sums .*reused 2/);
    expect(again.output).toMatch(/two sums .*reused 2/);
  });
});
