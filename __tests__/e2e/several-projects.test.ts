import { notesUnder } from '../support/eval-logs';
import { outcome, spec } from './noting-project';
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

const alike = (variant: number, file: string, more = {}): Record<string, unknown> => ({
  preset: 'jest-model-provider',
  testMatch: [`**/${file}.eval.js`],
  globals: { variant },
  ...more,
});
const sums = (title: string): string =>
  spec(`foreach('n', [1, 2], (n) => note('${title} by ' + variant) === undefined, { title: '${title}' });`);

describe.each(bothModes)('one spec file in two projects that cannot be told apart, %s', (mode) => {
  let first: JestRun;
  let other: JestRun;
  beforeAll(async () => {
    const twins = [1, 2].map((variant) => alike(variant, 'twin', { displayName: 'twins' }));
    const options = (shared: readonly string[]) => ({
      config: {
        preset: undefined,
        projects: [...shared.map((file, index) => alike(index + 1, file)), ...twins, alike(1, 'alone')],
      },
      env: { EVALS_RUN: 'mine' },
    });
    const files = {
      'shared.eval.js': sums('shared'),
      'twin.eval.js': sums('twin'),
      'alone.eval.js': sums('alone'),
    };
    first = await runJest(files, mode, options(['shared', 'shared']));
    // The one that came second is the only one now.
    const [winner] = notesUnder(first, 'shared');
    const left = winner === 'by 1' ? ['none', 'shared'] : ['shared', 'none'];
    other = await runJest({}, mode, { ...options(left), project: first.project });
  });

  test.each([
    [
      'shared',
      /Two projects that have no displayName run this evaluation: give each project .* a displayName/,
    ],
    ['twin', /Two projects with one displayName, "twins" run this evaluation: give each project /],
  ])('is evaluated by one of them, and refused in the other: %s', (title, refusal) => {
    expect(first.exit).toBe(1);
    expect(new Set(notesUnder(first, title)).size).toBe(1);
    const tests = first.tests.filter((test) => test.title === title);
    expect(tests.map(({ status }) => status).sort()).toEqual(['failed', 'passed']);
    expect(tests.map(({ message }) => message).join('\n')).toMatch(refusal);
  });

  test('hinders no project that has its files for itself', () => {
    expect(outcome(first, 'alone')).toMatchObject({ status: 'passed' });
  });

  test('is not taken over where the other project runs without the first', () => {
    expect(notesUnder(other, 'shared')).toEqual([]);
    expect(outcome(other, 'shared')).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(
        /was written by another project of Jest.*Give each project of jest.config a displayName/,
      ) as string,
    });
  });
});
