import { evalMatrix } from '../../../src/report/terminal/eval-matrix';
import type { FiledOutcome } from '../../../src/report/read-evaluation';
import type { ScoreSummary } from '../../../src/evals/log/eval-summary';
import { outcome } from '../outcomes';

function record(file: string, model: string, right: number): FiledOutcome {
  const score = { name: 'exactMatch', count: 4, notApplicable: 0, mean: right / 4, isBinary: true };
  return outcome({ file, model }, { samples: 4, scores: [score] });
}

/** The cells of every line of the table. */
function lines(records: readonly FiledOutcome[]): string[][] {
  return evalMatrix(records)
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .map((line) =>
      line
        .split('│')
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/ \(\d.*/, '')),
    );
}

const head = ['evaluation', 'score', 'samples', 'a:1', 'a:2'];

test('models are columns, evaluations are lines', () => {
  expect(lines([record('x.eval.ts', 'a:1', 1), record('x.eval.ts', 'a:2', 4)])).toEqual([
    head,
    ['sums', 'exactMatch', '4', '25.0 %', '100.0 %'],
  ]);
});

test('evaluations of one title in several files are kept apart, whatever order they come in', () => {
  const records = [
    record('x.eval.ts', 'a:1', 1),
    record('y.eval.ts', 'a:1', 2),
    record('y.eval.ts', 'a:2', 3),
    record('x.eval.ts', 'a:2', 4),
  ];
  expect(lines(records)).toEqual([
    head,
    ['sums', 'exactMatch', '4', '25.0 %', '100.0 %'],
    ['sums', 'exactMatch', '4', '50.0 %', '75.0 %'],
  ]);
});

test('of a file that ran twice the last run counts', () => {
  expect(lines([record('x.eval.ts', 'a:1', 1), record('x.eval.ts', 'a:1', 4)])).toEqual([
    head.slice(0, -1),
    ['sums', 'exactMatch', '4', '100.0 %'],
  ]);
});

test('a line says that the gate failed only where the condition of its score did', () => {
  const score = (name: string): ScoreSummary => ({
    name,
    count: 4,
    notApplicable: 0,
    mean: 1,
    isBinary: true,
  });
  const scores = [score('exactMatch'), score('style')];
  const failed = { outcome: 'fail' as const, reasons: ['style is low'] };
  const cells = (gate: FiledOutcome['gate']): unknown[] =>
    lines([outcome({ gate }, { samples: 4, scores })])
      .slice(1)
      .map((line) => line.at(-1));
  expect(cells({ ...failed, scores: ['style'] })).toEqual(['100.0 %', '100.0 %, gate failed']);
  expect(cells(failed)).toEqual(['100.0 %, gate failed', '100.0 %, gate failed']);
});

test('the order of the lines does not depend on which file ended first', () => {
  const records = [record('b.eval.ts', 'a:1', 1), record('a.eval.ts', 'a:1', 2)];
  expect(lines(records)).toEqual(lines([...records].reverse()));
});

test('an evaluation whose samples all failed has a line that says so', () => {
  expect(lines([outcome({}, { samples: 4, errors: 4 })])).toEqual([
    head.slice(0, -1),
    ['sums', '-', '4', '4 errors'],
  ]);
});

test('a score says its mean and its interval, if it has one; one that never applied says so', () => {
  const scores = [
    {
      ...{ name: 'exactMatch', count: 4, notApplicable: 0, mean: 0.75, isBinary: true },
      interval: { low: 0.3006, high: 0.9544 },
    },
    {
      ...{ name: 'similarity', count: 4, notApplicable: 0, mean: 0.8125, isBinary: false },
      interval: { low: 0.7, high: 0.925 },
    },
    { name: 'length', count: 1, notApplicable: 3, mean: 25, isBinary: false },
    { name: 'tone', count: 0, notApplicable: 4, mean: null, isBinary: true },
  ];
  const wrong = { ...scores[0]!, withErrors: { mean: 0.6, interval: { low: 0.2307, high: 0.8824 } } };
  const records = [
    outcome({ model: 'a:1' }, { samples: 4, scores }),
    outcome({ model: 'a:2' }, { samples: 5, errors: 1, scores: [wrong] }),
  ];
  expect(evalMatrix(records)).toMatchInlineSnapshot(`
    "┌────────────┬────────────┬─────────┬────────────────────────┬──────────────────────────────────────────────────────────────────┐
    │ evaluation │ score      │ samples │ a:1                    │ a:2                                                              │
    ├────────────┼────────────┼─────────┼────────────────────────┼──────────────────────────────────────────────────────────────────┤
    │ sums       │ exactMatch │ 4 / 5   │ 75.0 % (30.1 %–95.4 %) │ 75.0 % (30.1 %–95.4 %), 1 error, as wrong 60.0 % (23.1 %–88.2 %) │
    ├────────────┼────────────┼─────────┼────────────────────────┼──────────────────────────────────────────────────────────────────┤
    │ sums       │ similarity │ 4 / 5   │ 0.813 (0.700–0.925)    │ 1 error                                                          │
    ├────────────┼────────────┼─────────┼────────────────────────┼──────────────────────────────────────────────────────────────────┤
    │ sums       │ length     │ 4 / 5   │ 25.000, 3 n/a          │ 1 error                                                          │
    ├────────────┼────────────┼─────────┼────────────────────────┼──────────────────────────────────────────────────────────────────┤
    │ sums       │ tone       │ 4 / 5   │ not applicable         │ 1 error                                                          │
    └────────────┴────────────┴─────────┴────────────────────────┴──────────────────────────────────────────────────────────────────┘"
  `);
});

test('an evaluation that is not simply over and green says so', () => {
  const scores = [{ name: 'exactMatch', count: 4, notApplicable: 0, mean: 1, isBinary: true }];
  const cell = (changes: Partial<FiledOutcome>): string | undefined =>
    lines([outcome(changes, { samples: 4, scores })])[1]?.[3];
  expect(cell({})).toBe('100.0 %');
  expect(cell({ status: 'interrupted' })).toBe('100.0 %, interrupted');
  expect(cell({ status: 'lost' })).toBe('100.0 %, its model died');
  expect(cell({ status: 'failed' })).toBe('100.0 %, broken off');
  expect(cell({ gate: { outcome: 'fail', reasons: ['x'] } })).toBe('100.0 %, gate failed');
  expect(cell({ gate: { outcome: 'inconclusive', reasons: ['x'] } })).toBe('100.0 %, gate inconclusive');
});

test('nothing is printed when nothing was evaluated', () => {
  expect(evalMatrix([])).toBe('');
});

test('what titles, models, scores and files are called cannot steer the terminal', () => {
  const evil = '\u001b[2J\u202e\nx';
  const scores = [{ name: evil, count: 4, notApplicable: 0, mean: 1, isBinary: true }];
  const records = ['', '2'].map((end) =>
    outcome({ file: evil + end, title: evil, model: evil }, { samples: 4, scores }),
  );
  expect(evalMatrix(records).replaceAll('\n', '')).not.toMatch(/\p{Cc}|\u202e/u);
});

test('a cell of an evaluation with recorded answers says so, also where its gate failed', () => {
  const { summary, ...rest } = record('x.eval.ts', 'a:1', 1);
  const gate = { outcome: 'fail' as const, reasons: [] };
  const others = { judge: { ...summary, calls: 0, replayed: 1 } };
  expect(lines([{ ...rest, summary: { ...summary, others } }])[1]?.[3]).toBe('25.0 %, replayed');
  expect(lines([{ ...rest, gate, summary: { ...summary, replayed: 1 } }])[1]?.[3]).toBe(
    '25.0 %, replayed, gate failed',
  );
});
