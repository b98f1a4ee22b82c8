import { ModelProviderError } from '../../pattern/errors';
import type { Estimate } from './estimate';

/** What is demanded of one score. */
export interface ScoreGate {
  /** The bar, in the units of the score: 0.8 of a boolean one is 80 %. */
  readonly min: number;
  /**
   * Which number must reach the bar. `lower95`, the default: the lower end of the 95 % interval, which proves it; if the interval
   * has the bar inside, the outcome is inconclusive. `mean`: the mean itself, which at a bar it truly meets fails half of the
   * time. `upper95`: the upper end, which fails only what is surely below.
   */
  readonly by?: 'lower95' | 'mean' | 'upper95';
}

/** What is demanded of an evaluation: of scores by their names, of the errors, and of the number of samples. */
export interface Gate {
  readonly [score: string]: ScoreGate | number | undefined;
  /** Most samples that may have ended in an error: a whole number, or, below 1, a share of all samples. 0 by default. */
  readonly maxErrors?: number;
  /** Fewest samples with a value, in all and for each score that is demanded. 1 by default. */
  readonly minSamples?: number;
}

/** One score, as {@link evaluateGate} wants it. */
export interface GatedScore extends Pick<Estimate, 'interval'> {
  readonly name: string;
  /** Samples that have a value. */
  readonly count: number;
  /** Null if there is none. */
  readonly mean: number | null;
}

/** What an evaluation found, as {@link evaluateGate} wants it. */
export interface GateSummary {
  /** All samples, those with errors included. */
  readonly samples: number;
  readonly errors: number;
  readonly scores: readonly GatedScore[];
}

/** `inconclusive` means that there are too few samples to tell. */
export type GateOutcome = 'pass' | 'fail' | 'inconclusive';

/** What {@link evaluateGate} found. */
export interface GateVerdict {
  /** The worst of all conditions: fail before inconclusive before pass. */
  readonly outcome: GateOutcome;
  /** One line, with the numbers, for each condition with that outcome. */
  readonly reasons: string[];
}

interface Condition {
  readonly outcome: GateOutcome;
  readonly reason: string;
}

/**
 * Holds an evaluation to its gate. What is not there does not pass: no samples, a score that no sample has, a mean that is no
 * number all fail.
 *
 * @throws ModelProviderError `EVAL_INVALID` for a bar that is not a number, an unknown `by`, a negative or broken `maxErrors`, a
 *   `minSamples` below 1.
 * @example
 * const { outcome, reasons } = evaluateGate({ accuracy: { min: 0.8 }, maxErrors: 0.02 }, summary);
 */
export function evaluateGate(gate: Gate, summary: GateSummary): GateVerdict {
  const { maxErrors = 0, minSamples = 1, ...scores } = gate;
  requireNumber('maxErrors', maxErrors, maxErrors >= 0 && (maxErrors < 1 || Number.isInteger(maxErrors)));
  requireNumber('minSamples', minSamples, minSamples >= 1 && Number.isInteger(minSamples));
  const conditions = [
    enoughSamples(minSamples, summary),
    fewErrors(maxErrors, summary),
    ...Object.entries(scores).flatMap(([name, demand]) =>
      demand === undefined ? [] : [scoreReached(name, checked(name, demand), minSamples, summary)],
    ),
  ];
  const outcome =
    (['fail', 'inconclusive'] as const).find((bad) => conditions.some((found) => found.outcome === bad)) ??
    'pass';
  return {
    outcome,
    reasons: conditions.filter((found) => found.outcome === outcome).map(({ reason }) => reason),
  };
}

function enoughSamples(minSamples: number, { samples, errors }: GateSummary): Condition {
  const left = samples - errors;
  return verdict(left >= minSamples, `${left} samples without an error, at least ${minSamples} wanted`);
}

function fewErrors(maxErrors: number, { samples, errors }: GateSummary): Condition {
  const most = maxErrors < 1 ? maxErrors * samples : maxErrors;
  const allowed = maxErrors > 0 && maxErrors < 1 ? `${number(maxErrors * 100)} %` : number(maxErrors);
  return verdict(
    errors <= most,
    `${errors} of ${samples} samples ended in an error, at most ${allowed} allowed`,
  );
}

function scoreReached(
  name: string,
  { min, by = 'lower95' }: ScoreGate,
  minSamples: number,
  summary: GateSummary,
): Condition {
  const score = summary.scores.find((candidate) => candidate.name === name);
  if (score === undefined) {
    const known = summary.scores.map((candidate) => candidate.name).join(', ') || 'none';
    return verdict(false, `${name}: no sample has this score; the scores are: ${known}`);
  }
  const { mean, count, interval: { low, high } = { low: -Infinity, high: Infinity } } = score;
  if (mean === null || !Number.isFinite(mean) || count === 0)
    return verdict(false, `${name}: no sample has a value`);
  if (count < minSamples)
    return verdict(false, `${name}: ${count} samples have a value, at least ${minSamples} wanted`);
  const numbers = `${name}: mean ${number(mean)}, 95 % interval ${number(low)} to ${number(high)}, n = ${count}`;
  const reason = `${numbers}; ${by} must be at least ${number(min)}`;
  if (by === 'mean') return verdict(mean >= min, reason);
  if (by === 'upper95') return verdict(high >= min, reason);
  return low >= min || high < min ? verdict(low >= min, reason) : { outcome: 'inconclusive', reason };
}

function verdict(holds: boolean, reason: string): Condition {
  return { outcome: holds ? 'pass' : 'fail', reason };
}

function checked(name: string, demand: ScoreGate | number): ScoreGate {
  const given: { min?: unknown; by?: unknown } = typeof demand === 'object' ? demand : {};
  const isKnown = given.by === undefined || ['lower95', 'mean', 'upper95'].includes(given.by as string);
  if (Number.isFinite(given.min) && isKnown) return demand as ScoreGate;
  throw new ModelProviderError(
    'EVAL_INVALID',
    `gate: ${name} is ${JSON.stringify(demand)}; write { min: 0.8, by: 'lower95' }, by being lower95, mean or upper95.`,
  );
}

function requireNumber(option: string, value: number, isRight: boolean): void {
  if (Number.isFinite(value) && isRight) return;
  const wanted =
    option === 'maxErrors' ? 'a share below 1 or a whole number' : 'a whole number of at least 1';
  throw new ModelProviderError('EVAL_INVALID', `gate: ${option} is ${String(value)}; it must be ${wanted}.`);
}

function number(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : 'unknown';
}
