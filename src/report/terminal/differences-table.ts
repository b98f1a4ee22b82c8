import Table from 'cli-table3';
import { printable } from '../../base/printable';
import { showCost } from '../../evals/costs/show-cost';
import { showP, showValue } from './numbers';
import type { Difference } from '../difference';

const significant = 0.05;

/** The differences between models, and which model is better, if one is. Empty if there is only one model. */
export function differencesTable(differences: readonly Difference[]): string {
  if (differences.length === 0) return '';
  const [head = [], ...rows] = differenceRows(differences);
  const table = new Table({ head, style: { head: [], border: [] } });
  table.push(...rows.map((row) => row.map(printable)));
  return table.toString();
}

/** The cells of that table, its head first. What models cost stands beside what they score, if it is known. */
export function differenceRows(differences: readonly Difference[]): string[][] {
  const hasCosts = differences.some(({ cost }) => cost !== undefined);
  return [
    [
      ...['evaluation', 'score', 'difference of', 'difference', '95 % interval', 'p (Holm)', 'n'],
      ...['better', 'detectable', ...(hasCosts ? ['cost per sample', '95 % interval'] : [])],
    ],
    ...differences.map((found) => [...cellsOf(found), ...(hasCosts ? costCells(found) : [])]),
  ];
}

function cellsOf({ title, score, a, b, difference, interval, adjustedP, n, ...more }: Difference): string[] {
  const { isBinary, detectable } = more;
  const show = (value: number): string => showValue(value, isBinary);
  const better = difference > 0 ? a : b;
  return [
    ...[title, score, `${a} − ${b}`, show(difference)],
    interval === undefined ? '-' : `${show(interval.low)} to ${show(interval.high)}`,
    ...[showP(adjustedP), String(n)],
    adjustedP < significant ? better : '-',
    detectable === undefined ? '-' : isImpossible(detectable, isBinary) ? 'none' : show(detectable),
  ];
}

function costCells({ cost }: Difference): string[] {
  if (cost === undefined) return ['-', '-'];
  const { of, difference, interval } = cost;
  return [
    `${showCost(of.a)} − ${showCost(of.b)} = ${showCost(difference)}`,
    interval === undefined ? '-' : `${showCost(interval.low)} to ${showCost(interval.high)}`,
  ];
}

/** Shares differ by 100 % at most: so few samples find no difference, whatever it is. */
function isImpossible(detectable: number, isBinary: boolean): boolean {
  return isBinary && detectable > 1;
}
