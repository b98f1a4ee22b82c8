import { anySignal } from '../../base/any-signal';
import { backoffMs } from '../../base/backoff';
import { currentTime } from '../../base/real-globals';
import type { Json } from '../../base/json';
import type { RecordedWork } from '../../pattern/recordings';
import type { Sample } from '../data-sets/data-set';
import type { SampleRecord } from '../log/log-record';
import { judged, type Judged } from '../scorers/returned';
import type { MadeCall } from '../transcripts/made-call';
import type { AdaptiveLimit } from '../../base/adaptive-limit';
import { Attempt, toMicroseconds, type AttemptRules } from './attempt';
import { hopelessness, isPassing, isPassingCall, isTooMany, legible, retryAfterMs } from './error-kind';
import { sampleCost } from '../costs/sample-cost';
import type { RateLimits, TooManyVerdict } from './rate-limits';

// Not the globals: tests may put fake timers in their place.
const { performance } = process.getBuiltinModule('node:perf_hooks');
const { setTimeout: delay } = process.getBuiltinModule('node:timers/promises');

/** How trials are run. */
export interface TrialRules extends AttemptRules {
  /** How often a trial is tried again after an infrastructure error that may pass. */
  readonly retries: number;
  readonly limit: AdaptiveLimit;
  readonly rateLimits: RateLimits;
  /** Absolute path to which the paths of files in logs are relative. */
  readonly root: string;
  /** The base URLs of the leased endpoints. */
  readonly endpoints: () => readonly string[];
}

/** A trial that ended; `cause` is what was thrown. */
export interface TrialOutcome {
  readonly record: SampleRecord;
  readonly cause?: unknown;
  /** Its calls, with what was said in them. */
  readonly made?: readonly MadeCall[] | undefined;
  /** Whether a call would have had to wait for longer than it may. */
  readonly hasGivenUp?: boolean;
  /** What its calls recorded; undefined without any. */
  readonly recorded?: RecordedWork | undefined;
}

/**
 * Runs one trial of a sample, and once more after each infrastructure error that may pass, as often as the
 * rules allow.
 *
 * @param retried messages of the errors after which the trial was run before. The record keeps this list.
 */
export async function runTrial(
  sample: Sample,
  trial: number,
  rules: TrialRules,
  retried: string[] = [],
): Promise<TrialOutcome> {
  const at = currentTime();
  for (let tries = 1; ;) {
    const admission = rules.limit.enter();
    if (admission !== undefined) await admission;
    const pause = rules.rateLimits.enter(rules.inFlight.signal);
    if (pause !== undefined) await pause;
    const start = performance.now();
    const attempt = new Attempt(sample, trial, rules);
    let answer: Judged | undefined;
    let error: SampleRecord['error'];
    let thrown: { readonly cause: unknown } | undefined;
    let tooMany: TooManyVerdict | undefined;
    try {
      const returned = await attempt.run();
      if (attempt.missed !== undefined) throw attempt.missed;
      answer = judged(returned);
      rules.limit.succeeded();
      rules.rateLimits.passed();
    } catch (raw) {
      const { cause, entry } = legible(attempt.missed ?? raw, rules.endpoints(), {
        root: rules.root,
        isLate: attempt.isLate,
        isOfModels: isPassingCall(attempt.failedCall),
      });
      thrown = { cause };
      error = entry;
      tooMany = attempt.hasGivenUp ? 'waitedTooLong' : rules.rateLimits.refused(cause, start);
      // It is not of the models' side: no endpoint has refused it.
      if (entry.kind === 'user' || entry.kind === 'scorer') rules.rateLimits.passed();
      if (isTooMany(cause, rules.endpoints())) rules.limit.slowDown(start, performance.now());
    } finally {
      rules.inFlight.delete(attempt);
      rules.limit.leave();
    }
    if (thrown !== undefined && tooMany !== 'waitedTooLong' && canRetry(attempt, thrown.cause, rules)) {
      // It begins when the endpoint wants to be asked again. That it waits for it is no retry.
      if (tooMany === 'again') continue;
      if (tries <= rules.retries) {
        retried.push(error?.message ?? '');
        const isOver = await wait(pauseMs(thrown.cause, tries, rules), rules.inFlight.signal);
        tries += 1;
        if (isOver) continue;
      }
    }
    // No spreads: V8 would compile this for longer than many an evaluation takes.
    const record: SampleRecord = {
      type: 'sample',
      id: sample.id,
      trial,
      index: sample.index,
      location: sample.location,
      cluster: sample.cluster,
      input: sample.cells as Json,
      response: answer?.response,
      scores: answer?.scores ?? [],
      metadata: answer?.metadata,
      error,
      log: attempt.log,
      calls: attempt.calls,
      replayed: attempt.judgesReplayed ? true : undefined,
      cost: sampleCost(attempt.calls),
      at,
      durationMs: toMicroseconds(performance.now() - start),
      retried: retried.length === 0 ? undefined : retried,
    };
    const { made, recorded } = attempt;
    return thrown === undefined
      ? { record, made, recorded }
      : { record, made, recorded, cause: thrown.cause, hasGivenUp: tooMany === 'waitedTooLong' };
  }
}

function canRetry(attempt: Attempt, cause: unknown, { inFlight, endpoints, maxWaitMs }: TrialRules): boolean {
  return (
    !attempt.isLate &&
    !inFlight.signal.aborted &&
    (isPassing(cause, endpoints()) || isPassingCall(attempt.failedCall)) &&
    hopelessness(cause, endpoints(), { maxWaitMs, hasAnswered: true }) === undefined
  );
}

/** Milliseconds until a trial is tried again: what its server asks for, but not longer than a call may wait. */
function pauseMs(cause: unknown, retry: number, { maxWaitMs }: TrialRules): number {
  return Math.min(maxWaitMs, retryAfterMs(cause) ?? backoffMs(retry));
}

/** Resolves to true when the time is over, and to false if `signal` is aborted before. */
async function wait(ms: number, signal: AbortSignal): Promise<boolean> {
  // A signal for each wait: many samples may wait at once, and Node warns of many listeners on one signal.
  return delay(ms, true, { signal: anySignal(signal) }).catch(() => false);
}
