import { compare, type Comparison } from './compare';
import type { GateOutcome, GateSummary, ScoreGate, VsBaseline } from './gate';
import { isModelProviderError } from '../../base/errors';
import { isAtLeast, isShareAtLeast, reaches } from './rounding';
import { numberOf, type SampleScore } from './sample-score';

/** One thing that is demanded, and whether it is met. */
export interface Condition {
  readonly outcome: GateOutcome;
  /** With the numbers. */
  readonly reason: string;
  /** The score that it is about; undefined if it is about all. */
  readonly score?: string;
}

const samplesNamed = 5;

export function enoughSamples(minSamples: number, { samples, errors }: GateSummary): Condition {
  const left = samples - errors;
  return verdict(left >= minSamples, `${left} samples without an error, at least ${minSamples} wanted`);
}

export function fewErrors(maxErrors: number, { samples, errors }: GateSummary): Condition {
  return atMost(maxErrors, errors, samples, 'ended in an error');
}

/** Without a call that was reported, nothing is known of the answers: that is no pass. */
export function fewAnswers(kind: 'cut' | 'empty', most: number, summary: GateSummary): Condition {
  const { answers, samples } = summary;
  if (answers !== undefined)
    return atMost(
      most,
      answers[kind],
      samples,
      kind === 'cut' ? 'have an answer that was cut at its limit of tokens' : 'have an answer that is empty',
    );
  const option = kind === 'cut' ? 'maxCut' : 'maxEmpty';
  return verdict(
    false,
    `${option}: no call of the model was reported, so nothing is known of its answers; a client of your own reports them with reportCall()`,
  );
}

function atMost(most: number, found: number, samples: number, what: string): Condition {
  const allowed = most > 0 && most < 1 ? `${number(most * 100)} %` : number(most);
  return verdict(
    most < 1 && samples > 0 ? isShareAtLeast(most, found / samples) : found <= most,
    `${found} of ${samples} samples ${what}, at most ${allowed} allowed`,
  );
}

export function scoreReached(
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
  const { missing = 0 } = score;
  if (missing > 0)
    return verdict(
      false,
      `${name}: missing in ${missing} of ${summary.samples - summary.errors} samples that ended; a score that does not apply is null`,
    );
  const { mean, count, interval: { low, high } = { low: -Infinity, high: Infinity } } = score;
  if (mean === null || !Number.isFinite(mean) || count === 0)
    return verdict(false, `${name}: no sample has a value`);
  if (count < minSamples)
    return verdict(false, `${name}: ${count} samples have a value, at least ${minSamples} wanted`);
  const numbers = `${name}: mean ${number(mean)}, 95 % interval ${number(low)} to ${number(high)}, n = ${count}`;
  const reason = `${numbers}; ${by} must be at least ${number(min)}`;
  if (by === 'mean') return verdict(reaches(mean, count, min), reason);
  if (by === 'upper95') return verdict(isAtLeast(high, min), reason);
  const isProven = isAtLeast(low, min);
  return isProven || !isAtLeast(high, min) ? verdict(isProven, reason) : { outcome: 'inconclusive', reason };
}

function verdict(holds: boolean, reason: string): Condition {
  return { outcome: holds ? 'pass' : 'fail', reason };
}

export function everySample(name: string, least: number, summary: GateSummary): Condition {
  const samples = summary.samplesOf?.get(name);
  if (samples === undefined || samples.length === 0) return verdict(false, `${name}: no sample has a value`);
  const below = samples
    .filter((sample) => !reaches(numberOf(sample), sample.trials ?? 1, least))
    .sort((a, b) => numberOf(a) - numberOf(b));
  const named = below.slice(0, samplesNamed).map((sample) => `${sample.id} has ${number(numberOf(sample))}`);
  const more = below.length > samplesNamed ? [`and ${below.length - samplesNamed} more`] : [];
  const list = below.length === 0 ? '' : `: ${[...named, ...more].join(', ')}`;
  return verdict(
    below.length === 0,
    `${name}: ${below.length} of ${samples.length} samples have less than ${number(least)}${list}`,
  );
}

/**
 * A condition for each score. A drop that may be chance is inconclusive; a baseline that cannot be compared
 * with fails.
 */
export function notBelowBaseline(
  { run, maxDrop = 0 }: VsBaseline,
  minSamples: number,
  summary: GateSummary,
): Condition[] {
  const { baseline = 'it was not read', samplesOf } = summary;
  if (typeof baseline === 'string') return [verdict(false, `baseline "${run}": ${baseline}`)];
  if (baseline.size === 0) return [verdict(false, `baseline "${run}": it has no scores`)];
  return [...baseline].map(([name, before]) => ({
    ...notBelow(`${name} against the baseline "${run}"`, samplesOf?.get(name) ?? [], before, {
      maxDrop,
      minSamples,
    }),
    score: name,
  }));
}

function notBelow(
  title: string,
  now: readonly SampleScore[],
  before: readonly SampleScore[],
  { maxDrop, minSamples }: { readonly maxDrop: number; readonly minSamples: number },
): Condition {
  const known = new Map(before.map((sample) => [sample.id, numberOf(sample)]));
  const common = now.filter(({ id }) => known.has(id));
  if (common.length === 0) return verdict(false, `${title}: no sample in common`);
  if (common.length < minSamples)
    return verdict(false, `${title}: ${common.length} samples in common, at least ${minSamples} wanted`);
  const found = compared(now, before);
  if (typeof found === 'string') return verdict(false, `${title}: ${found}`);
  const { difference, interval, n } = found;
  const { low, high } = interval ?? { low: -Infinity, high: Infinity };
  const reason = `${title}: difference ${number(difference)}, 95 % interval ${number(low)} to ${number(high)}, n = ${n}; it may drop by ${number(maxDrop)}`;
  // The interval of equal shares is not empty; but where no sample became worse, there is no drop.
  const isNowhereWorse = common.every((sample) =>
    isAtLeast(numberOf(sample), known.get(sample.id) ?? Infinity),
  );
  if (isAtLeast(low, -maxDrop) || isNowhereWorse) return verdict(true, reason);
  return isAtLeast(high, -maxDrop) ? { outcome: 'inconclusive', reason } : verdict(false, reason);
}

/** Or why they cannot be compared. */
function compared(now: readonly SampleScore[], before: readonly SampleScore[]): Comparison | string {
  try {
    return compare(now, before);
  } catch (error) {
    if (isModelProviderError(error, 'EVAL_INVALID')) return error.message;
    throw error;
  }
}

function number(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : 'unknown';
}
