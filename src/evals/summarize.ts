import type { ScoreSummary } from './eval-record';
import type { Score } from './result';

/** Sums the scores of all samples up, by name, in the order in which the names came. */
export function summarizeScores(scores: readonly Score[]): ScoreSummary[] {
  const names = [...new Set(scores.map(({ name }) => name))];
  return names.map((name) =>
    summarize(
      name,
      scores.filter((score) => score.name === name),
    ),
  );
}

function summarize(name: string, scores: readonly Score[]): ScoreSummary {
  const values = scores.flatMap(({ value }) => (value === null ? [] : [value]));
  const sum = values.reduce((total: number, value) => total + Number(value), 0);
  return {
    name,
    count: values.length,
    notApplicable: scores.length - values.length,
    mean: values.length === 0 ? null : sum / values.length,
    isBinary: values.every((value) => typeof value === 'boolean'),
  };
}
