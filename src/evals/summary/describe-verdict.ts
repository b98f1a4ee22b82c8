import { printable } from '../../base/printable';
import { rowLabel } from '../data-sets/row-location';
import type { GateVerdict } from '../statistics/gate';
import type { EvalSummary } from '../log/eval-summary';
import type { WorstSample } from '../log/log-record';
import { isReplayed } from '../log/replayed-calls';

const samplesShown = 5;

/**
 * What a test says that fails by its gate: the outcome, the numbers, the worst samples, and the path of the
 * log.
 */
export function describeVerdict(
  title: string,
  { outcome, reasons }: GateVerdict,
  summary: EvalSummary,
  worst: readonly WorstSample[],
  log: string,
): string {
  const { samples, errors } = summary;
  const judged = isReplayed(summary) ? ', judged on recorded answers' : '';
  const head = {
    fail: errors > 0 ? `${errors} of ${samples} samples failed` : 'the gate is not passed',
    inconclusive: 'the gate is inconclusive',
    pass: 'the gate is passed',
  };
  const shown = worst.slice(0, samplesShown).map((sample) => `- ${describeSample(sample)}`);
  const more = worst.length > samplesShown ? [`- and more, in the log`] : [];
  const lines = [
    `"${title}": ${head[outcome]}${judged}.`,
    ...reasons.map((reason) => `  ${reason}`),
    ...shown,
    ...more,
    `The log: ${log}`,
  ];
  return lines.map(printable).join('\n');
}

function describeSample({ index, location, input, response, scores, error, thrownAt }: WorstSample): string {
  const name = `sample ${rowLabel(index, location)}`;
  if (error !== undefined) return `${name}: ${error}${thrownAt === undefined ? '' : ` (at ${thrownAt})`}`;
  const values = scores.map(({ name, value }) => `${name} ${String(value)}`).join(', ');
  return `${name}: ${input}${response === undefined ? '' : ` → ${response}`}: ${values}`;
}
