import { relative } from 'node:path';
import { rowLabel } from '../../evals/data-sets/row-location';
import { cut } from '../../base/cut';
import { printable } from '../../base/printable';
import type { EvalSummary } from '../../evals/log/eval-summary';
import { showCost, showUnpriced } from '../../evals/costs/show-cost';
import type { Spent } from '../../evals/log/eval-summary';
import { costsTable } from './costs-table';
import { differencesTable } from './differences-table';
import { replayedLine } from './replayed-line';
import { evalMatrix } from './eval-matrix';
import { isReplayed } from '../../evals/log/replayed-calls';
import type { FiledOutcome, FiledSample, UnreadableLog } from '../read-evaluation';
import type { RunReport } from '../run-report';

const longestLine = 160;

/**
 * What people read after a run: whether it was replayed, matrix, costs, differences, gates, worst samples, and where
 * the logs are.
 *
 * @param options without `tables`, what is no table.
 */
export function describeRun(
  report: RunReport,
  { tables = true }: { readonly tables?: boolean } = {},
): string {
  const {
    evaluations,
    spent,
    differences,
    notCompared = [],
    worst,
    unreadable,
    canContinue,
    directory,
    run,
  } = report;
  if (evaluations.length + unreadable.length === 0) return '';
  const notPassed = evaluations.filter(
    ({ status, gate }) => status === 'complete' && gate.outcome !== 'pass',
  );
  const table = (part: string): string => (tables ? part : '');
  const parts = [
    replayedLine(evaluations),
    table(evalMatrix(evaluations)),
    table(costsTable(evaluations)),
    describeSpent(
      spent,
      evaluations.reduce((count, { summary }) => count + unpricedCalls(summary), 0),
    ),
    table(differencesTable(differences)),
    // It says why lines are missing in that table.
    notCompared.length === 0 ? '' : table(describeNotCompared(notCompared)),
    ...notPassed.map(describeGate),
    worst.length === 0 ? '' : describeList('The worst samples:', worst.map(describeSample)),
    unreadable.length === 0 ? '' : describeUnreadable(unreadable),
    `Logs: ${relative(process.cwd(), directory) || directory}${
      canContinue ? `, to be continued with EVALS_RUN=${run}` : ''
    }`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function describeGate(outcome: FiledOutcome): string {
  const { title, model, gate } = outcome;
  const of = model === '' ? '' : `, ${model},`;
  const judged = isReplayed(outcome.summary) ? ', judged on recorded answers' : '';
  const end = gate.outcome === 'fail' ? 'not passed' : 'inconclusive';
  return describeList(`The gate of "${title}"${of} is ${end}${judged}:`, gate.reasons);
}

/**
 * What a run has cost, also with the invocations that it goes on with. Empty if nothing is known to cost anything.
 *
 * @param unpriced how many calls are not in it, since nobody knows what they have cost.
 */
function describeSpent({ now, total }: Spent, unpriced: number): string {
  if (total === 0) return '';
  const all = total === now ? '' : `; ${showCost(total)} with the earlier invocations of this run`;
  const rest = unpriced === 0 ? '' : `, without ${showUnpriced(unpriced)}`;
  return `Cost: ${showCost(now)}${all}${rest}`;
}

function unpricedCalls({ cost, others = {}, unattributed }: EvalSummary): number {
  const all = [cost, ...Object.values(others).map((other) => other.cost), unattributed?.cost];
  return all.reduce((count, found) => count + (found?.unpriced ?? 0), 0);
}

/** Says what could not be compared, and why. */
export function describeNotCompared(reasons: readonly string[]): string {
  return describeList('Not compared:', reasons);
}

/** Names the logs that cannot be read, with the reasons. */
export function describeUnreadable(unreadable: readonly UnreadableLog[]): string {
  return describeList(
    'Logs that cannot be read, so that what they would say is missing here:',
    unreadable.map(({ reason }) => reason),
  );
}

function describeSample(sample: FiledSample): string {
  const { title, model, index, location, input, response, scores, error, thrownAt } = sample;
  const where = [title, model, `sample ${rowLabel(index, location)}`]
    .filter((part) => part !== '')
    .join(', ');
  const values = scores.map(({ name, value }) => `${name} ${String(value)}`).join(', ');
  const answer = response === undefined ? '' : ` → ${response}`;
  const shown = cut(`${where}: ${input}${answer}: ${error ?? values}`, longestLine);
  return thrownAt === undefined ? shown : `${shown} (at ${thrownAt})`;
}

/** A title, and what it is of, a line each. */
export function describeList(title: string, list: readonly string[]): string {
  return [title, ...list.map((line) => `- ${line}`)].map(printable).join('\n');
}
