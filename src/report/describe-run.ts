import { relative } from 'node:path';
import { rowLabel } from '../evals/data-sets/row-location';
import { printable } from '../pattern/printable';
import { costsTable } from './costs-table';
import { differencesTable } from './differences-table';
import { evalMatrix } from './eval-matrix';
import type { FiledSample } from './read-evaluation';
import type { RunReport } from './run-report';

const longestLine = 160;

/** What people read after a run: the matrix, what it took, the differences, the worst samples, and where the logs are. */
export function describeRun(report: RunReport): string {
  const { evaluations, differences, worst, directory, run } = report;
  if (evaluations.length === 0) return '';
  const notPassed = evaluations.filter(
    ({ status, gate }) => status === 'complete' && gate.outcome !== 'pass',
  );
  const parts = [
    evalMatrix(evaluations),
    costsTable(evaluations),
    differencesTable(differences),
    ...notPassed.map(({ title, model, gate }) =>
      lines(
        `The gate of "${title}"${model === '' ? '' : `, ${model},`} is ${gate.outcome === 'fail' ? 'not passed' : 'inconclusive'}:`,
        gate.reasons,
      ),
    ),
    worst.length === 0 ? '' : lines('The worst samples:', worst.map(describeSample)),
    `Logs: ${relative(process.cwd(), directory) || directory}, to be continued with EVALS_RUN=${run}`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function describeSample(sample: FiledSample): string {
  const { title, model, index, location, input, response, scores, error } = sample;
  const where = [title, model, `sample ${rowLabel(index, location)}`]
    .filter((part) => part !== '')
    .join(', ');
  const values = scores.map(({ name, value }) => `${name} ${String(value)}`).join(', ');
  const answer = response === undefined ? '' : ` → ${response}`;
  const text = `${where}: ${input}${answer}: ${error ?? values}`;
  return text.length <= longestLine ? text : `${text.slice(0, longestLine - 1)}…`;
}

function lines(title: string, list: readonly string[]): string {
  return [title, ...list.map((line) => `- ${line}`)].map(printable).join('\n');
}
