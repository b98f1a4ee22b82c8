import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunReport } from '../../../src/report/run-report';
import { stepSummary } from '../../../src/report/export/step-summary';
import { writeStepSummary, writeSummary } from '../../../src/report/export/summary-file';
import { ownPlaces } from '../../support/own-places';
import { outcome } from '../outcomes';

const places = ownPlaces();

const score = { name: 'exactMatch', count: 4, notApplicable: 0, mean: 0.75, isBinary: true };
const report = (changes: Partial<RunReport> = {}): RunReport => ({
  run: 'mine',
  directory: places.directory,
  evaluations: [outcome({}, { samples: 4, trials: 4, scores: [score] })],
  unreadable: [],
  canContinue: true,
  spent: { now: 0, total: 0 },
  differences: [],
  worst: [],
  ...changes,
});

test('the summary of a step is a table in Markdown', () => {
  expect(stepSummary(report())).toBe(
    [
      '## Evaluations of mine',
      '',
      '| evaluation | score | samples | a:1 |',
      '| --- | --- | --- | --- |',
      '| sums | exactMatch | 4 | 75.0 % |',
      '',
      '',
    ].join('\n'),
  );
});

test('recorded answers are marked, above the table and in it', () => {
  const replayed = outcome({}, { samples: 4, trials: 4, scores: [score], replayed: 4 });
  const text = stepSummary(report({ evaluations: [replayed] }));
  expect(text).toContain(
    '## Evaluations of mine\n\nReplayed: 4 of 4 calls have recorded answers (EVALS\\_RECORDINGS); there are no times and no costs.\n\n|',
  );
  expect(text).toContain('| sums | exactMatch | 4 | 75.0 %, replayed |');
});

test('what could not be compared is said', () => {
  expect(stepSummary(report({ notCompared: ['sums, x: other clusters'] }))).toMatch(
    /Not compared:\n\n- sums, x: other clusters\n/,
  );
});

test('differences stand in a table of their own', () => {
  const difference = {
    ...{ file: 'f', title: 'sums', score: 'exactMatch', isBinary: true, a: 'x', b: 'y', n: 40 },
    ...{
      missingInA: 0,
      missingInB: 0,
      difference: 0.5,
      p: 0.0001,
      adjustedP: 0.0002,
      test: 'mcnemar' as const,
    },
  };
  expect(stepSummary(report({ differences: [difference] }))).toContain(
    '\n| sums | exactMatch | x − y | 50.0 % | - | &lt; 0.001 | 40 | x | - |\n',
  );
});

test.each([
  ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
  ['a | b\nc', 'a \\| b\\\\nc'],
  ['a\u202eb\u001b[2J', 'a\\\\u202eb\\\\u001b\\[2J'],
  ['[link](http://x) `code` *bold* #1', '\\[link\\](http://x) \\`code\\` \\*bold\\* \\#1'],
  ['a & b \\', 'a &amp; b \\\\'],
])('what data sets and models say is no markup: %j', (title, escaped) => {
  const evaluations = [outcome({ title }, { samples: 4, scores: [score] })];
  expect(stepSummary(report({ evaluations }))).toContain(`\n| ${escaped} | exactMatch |`);
});

test('it is added to the file that GitHub names, and to none without a name', () => {
  const path = join(places.directory, 'step.md');
  writeFileSync(path, 'before\n');
  writeStepSummary(report(), path);
  expect(readFileSync(path, 'utf8')).toMatch(/^before\n## Evaluations of mine\n/);
  writeStepSummary(report(), '');
  expect(readdirSync(places.directory)).toContain('step.md');
});

test('summary.json has the whole report, and no draft stays behind', () => {
  writeSummary(report());
  expect(JSON.parse(readFileSync(join(places.directory, 'summary.json'), 'utf8'))).toMatchObject({
    schema: 1,
    run: 'mine',
    evaluations: [{ title: 'sums', summary: { samples: 4 } }],
  });
  expect(readdirSync(places.directory).filter((name) => name.startsWith('summary.json.'))).toEqual([]);
  expect(existsSync(join(places.directory, 'summary.json'))).toBe(true);
});
