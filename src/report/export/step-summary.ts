import { printable } from '../../base/printable';
import { evalRows } from '../terminal/eval-matrix';
import { differenceRows } from '../terminal/differences-table';
import { replayedLine } from '../terminal/replayed-line';
import type { RunReport } from '../run-report';

/**
 * A run as GitHub's Markdown. What models and data sets say is escaped, so that it can be no markup.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary
 */
export function stepSummary({
  run,
  evaluations,
  differences,
  notCompared = [],
  unreadable,
}: RunReport): string {
  const replayed = replayedLine(evaluations);
  const parts = [
    `## Evaluations of ${escape(run)}`,
    ...(replayed === '' ? [] : [escape(replayed)]),
    markdown(evalRows(evaluations)),
    ...(differences.length === 0 ? [] : [markdown(differenceRows(differences))]),
    ...(notCompared.length === 0
      ? []
      : [`Not compared:\n\n${notCompared.map((reason) => `- ${escape(reason)}`).join('\n')}`]),
    ...(unreadable.length === 0
      ? []
      : [`Logs that cannot be read:\n\n${unreadable.map(({ reason }) => `- ${escape(reason)}`).join('\n')}`]),
  ];
  return `${parts.join('\n\n')}\n\n`;
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escape).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function escape(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_[\]|#!~]/g, (letter) => `\\${letter}`)
    .replaceAll(/\s+/g, ' ');
}
