import type { ScoreSummary } from '../evals/log/eval-summary';
import { asReal, type SampleScore } from '../evals/statistics/sample-score';
import type { ReadEvaluation } from './read-evaluation';
import { evaluationKey } from './tell-apart';

/**
 * Gives each score one kind in all models of its evaluation: a log shows the values of one model alone, and 0
 * and 1 are no right and wrong if another model has 0.5.
 *
 * @param read all that is compared or shown together: of two runs, those of both.
 */
export function withOneKind(read: readonly ReadEvaluation[]): ReadEvaluation[] {
  const realOf = new Map<string, Set<string>>();
  for (const { header, outcome } of read) {
    const key = evaluationKey(header);
    const real = realOf.get(key) ?? new Set();
    realOf.set(key, real);
    for (const { name, count, isBinary } of outcome.summary.scores)
      if (count > 0 && !isBinary) real.add(name);
  }
  return read.map((evaluation) => inKinds(evaluation, realOf.get(evaluationKey(evaluation.header))));
}

function inKinds(evaluation: ReadEvaluation, real: ReadonlySet<string> = new Set()): ReadEvaluation {
  const { outcome } = evaluation;
  const scores = outcome.summary.scores.map((score) => inKind(score, real.has(score.name)));
  return {
    ...evaluation,
    outcome: { ...outcome, summary: { ...outcome.summary, scores } },
    values: () => {
      const { scores: found, costs } = evaluation.values();
      return { costs, scores: new Map([...found].map((entry) => samplesInKind(entry, real))) };
    },
  };
}

function inKind({ asReal: alternative, ...score }: ScoreSummary, isReal: boolean): ScoreSummary {
  return isReal && score.isBinary ? { ...score, ...alternative, isBinary: false } : score;
}

function samplesInKind(
  [name, samples]: readonly [string, readonly SampleScore[]],
  real: ReadonlySet<string>,
): [string, readonly SampleScore[]] {
  return [name, real.has(name) ? asReal(samples) : samples];
}
