import type { ScoreSummary } from './eval-record';
import type { Score } from './result';
import { estimate } from './statistics/estimate';

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
  const isBinary = values.every((value) => typeof value === 'boolean');
  const counts = { name, count: values.length, notApplicable: scores.length - values.length, isBinary };
  if (values.length === 0) return { ...counts, mean: null };
  // A mixture of booleans and numbers is numbers.
  const samples = values.map((value, index) => ({
    id: String(index),
    value: isBinary ? value : Number(value),
  }));
  const { n: _count, ...found } = estimate(samples);
  return { ...counts, ...found };
}
