import { evalRows } from './eval-matrix';
import { differenceRows } from './differences-table';
import type { RunReport } from './run-report';

/**
 * A run as GitHub's Markdown. What models and data sets say is escaped, so that it can be no markup.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary
 */
export function stepSummary({ run, evaluations, differences }: RunReport): string {
  const parts = [
    `## Evaluations of ${escape(run)}`,
    markdown(evalRows(evaluations)),
    ...(differences.length === 0 ? [] : [markdown(differenceRows(differences))]),
  ];
  return `${parts.join('\n\n')}\n\n`;
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escape).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_[\]|#!~]/g, (letter) => `\\${letter}`)
    .replaceAll(/\s+/g, ' ');
}
