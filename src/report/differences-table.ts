import Table from 'cli-table3';
import { printable } from '../pattern/printable';
import { showP, showValue } from './numbers';
import type { Difference } from './difference';

const significant = 0.05;

/** The differences between models, with what they say. Empty if there is only one model. */
export function differencesTable(differences: readonly Difference[]): string {
  if (differences.length === 0) return '';
  const table = new Table({
    head: ['evaluation', 'score', 'difference', '95 % interval', 'p (Holm)', 'n', 'which says'],
    style: { head: [], border: [] },
  });
  for (const difference of differences) {
    const { title, score, interval, adjustedP, n, isBinary } = difference;
    table.push([
      printable(title),
      printable(score),
      showValue(difference.difference, isBinary),
      interval === undefined
        ? '-'
        : `${showValue(interval.low, isBinary)} to ${showValue(interval.high, isBinary)}`,
      showP(adjustedP),
      n,
      printable(verdictOf(difference)),
    ]);
  }
  return table.toString();
}

/** What a difference says in words. */
export function verdictOf({ a, b, difference, adjustedP, detectable, isBinary, n }: Difference): string {
  if (adjustedP < significant)
    return difference > 0 ? `${a} is better than ${b}` : `${b} is better than ${a}`;
  const found = `no difference found between ${a} and ${b}`;
  if (detectable === undefined) return found;
  // Shares differ by 100 % at most.
  if (isBinary && detectable > 1) return `${found}; with ${n} samples none can be`;
  return `${found}; one of ${showValue(detectable, isBinary)} would be`;
}
