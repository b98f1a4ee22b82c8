import { differenceRows, differencesTable } from '../../../src/report/terminal/differences-table';
import type { Difference } from '../../../src/report/difference';

const difference = (changes: Partial<Difference>): Difference => ({
  ...{ file: 'f', title: 'sums', score: 'exactMatch', isBinary: true, a: 'x', b: 'y', n: 40 },
  ...{ missingInA: 0, missingInB: 0, difference: 0.5, interval: { low: 0.3, high: 0.7 } },
  ...{ p: 0.0001, adjustedP: 0.0002, test: 'mcnemar' as const, detectable: 0.2 },
  ...changes,
});
const row = (changes: Partial<Difference>): string[] => differenceRows([difference(changes)])[1] ?? [];

test('a difference says of which, how large, how surely, which is better, and what would have been found', () => {
  const [head] = differenceRows([]);
  expect(head).toEqual([
    ...['evaluation', 'score', 'difference of', 'difference', '95 % interval', 'p (Holm)', 'n', 'better'],
    'detectable',
  ]);
  expect(row({})).toEqual([
    ...['sums', 'exactMatch', 'x − y', '50.0 %', '30.0 % to 70.0 %', '< 0.001', '40', 'x', '20.0 %'],
  ]);
  expect(row({ difference: -0.5 })[7]).toBe('y');
});

test('none is better where the difference is not significant after the adjustment', () => {
  expect(row({ p: 0.03, adjustedP: 0.06 })[7]).toBe('-');
  expect(row({ adjustedP: 0.05 })[7]).toBe('-');
  expect(row({ adjustedP: 0.0499 })[7]).toBe('x');
});

test('what no number of right answers could show is said to be none, what is not known is left out', () => {
  expect(row({ detectable: 1.2 })[8]).toBe('none');
  expect(row({ detectable: 1.2, isBinary: false })[8]).toBe('1.200');
  const { interval: _interval, detectable: _detectable, ...bare } = difference({});
  expect(differenceRows([bare])[1]?.slice(4)).toEqual(['-', '< 0.001', '40', 'x', '-']);
});

test('models steer no terminal, and without differences there is no table', () => {
  expect(differencesTable([])).toBe('');
  expect(differencesTable([difference({ a: '\u001b[2Jx\u0007' })])).not.toMatch(/\p{Cc}(?<!\n)/u);
});
