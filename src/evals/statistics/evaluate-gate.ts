import { showValue } from '../../base/json';
import { checkGate } from './check-gate';
import {
  enoughSamples,
  everySample,
  fewAnswers,
  fewErrors,
  notBelowBaseline,
  scoreReached,
  type Condition,
} from './gate-conditions';
import type { Gate, GateSummary, GateVerdict } from './gate';
import { refusal } from './refuse';

/**
 * Holds an evaluation to its gate. What is missing does not pass: no samples, a score that no sample has and
 * a mean that is no number all fail.
 *
 * @throws ModelProviderError `EVAL_INVALID` as {@link checkGate} does, and for numbers of samples that there
 *   cannot be.
 * @example
 * const { outcome, reasons } = evaluateGate({ accuracy: { min: 0.8 }, maxErrors: 0.02 }, summary);
 */
export function evaluateGate(gate: Gate, summary: GateSummary): GateVerdict {
  const { maxErrors, minSamples, maxCut, maxEmpty, perSample, vsBaseline, scores } = checkGate(gate);
  checkCounts(summary);
  const conditions = [
    enoughSamples(minSamples, summary),
    fewErrors(maxErrors, summary),
    ...(maxCut === undefined ? [] : [fewAnswers('cut', maxCut, summary)]),
    ...(maxEmpty === undefined ? [] : [fewAnswers('empty', maxEmpty, summary)]),
    ...scores.map(([name, demand]) => of(name, scoreReached(name, demand, minSamples, summary))),
    ...Object.entries(perSample).map(([name, least]) => of(name, everySample(name, least, summary))),
    ...(vsBaseline === undefined ? [] : notBelowBaseline(vsBaseline, minSamples, summary)),
  ];
  const outcome =
    (['fail', 'inconclusive'] as const).find((bad) => conditions.some((found) => found.outcome === bad)) ??
    'pass';
  const decisive = conditions.filter((found) => found.outcome === outcome);
  const about = [...new Set(decisive.flatMap(({ score }) => score ?? []))];
  const isOfScores = outcome !== 'pass' && decisive.every(({ score }) => score !== undefined);
  return {
    outcome,
    reasons: decisive.map(({ reason }) => reason),
    ...(isOfScores && { scores: about }),
  };
}

function checkCounts({ samples, errors, answers = { cut: 0, empty: 0 } }: GateSummary): void {
  for (const [name, count] of Object.entries({ samples, errors, ...answers }))
    if (!Number.isSafeInteger(count) || count < 0 || count > samples)
      throw refusal(
        `evaluateGate(): ${name} is ${showValue(count)}; it must be a whole number, at most that of the samples.`,
      );
}

function of(score: string, condition: Condition): Condition {
  return { ...condition, score };
}
