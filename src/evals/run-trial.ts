// Not the globals: tests may put fake timers in their place.
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Activity, Host } from '../pattern/host';
import type { Json } from '../pattern/json';
import { observeCalls, type ModelCall } from '../pattern/model-calls';
import type { AdaptiveLimit } from './adaptive-limit';
import { backoffMs } from './backoff';
import type { Sample } from './data-sets/data-set';
import { currentTime, OwnPromise, round } from './hot-globals';
import { errorEntry, errorKind, isPassing, isTooMany } from './error-kind';
import type { SampleRecord } from './log/log-record';
import { judged, type Judged, type Returned } from './returned';
import type { Endable, UnderWay } from './under-way';

/** What a sample's function gets besides its sample. */
export interface SampleContext<Client = unknown> {
  /** The client of the model that is evaluated: that of the enclosing `withClient`, or `model` of `withClients`. */
  readonly client: Client;
  /** Its label; an empty text if there is none. */
  readonly model: string;
  /** Aborted when the sample's time is up, or the run ends: pass it to the model. */
  readonly signal: AbortSignal;
  /** Which of the sample's trials this is, from 0. */
  readonly trial: number;
  /** Names the sample in the log; equal for equal content, in every run. */
  readonly sampleId: string;
  /** Keeps a fact about this trial in the log. */
  log(name: string, value: Json): void;
}

/** The sample's function, its columns already picked. */
export type SampleFunction = (cells: never, context: SampleContext) => Promise<Returned> | Returned;

/** How trials are run. */
export interface TrialRules {
  readonly fn: SampleFunction;
  readonly model: string;
  /** The client of the block; throws as a handle's does. */
  readonly client: () => unknown;
  readonly retries: number;
  readonly limit: AdaptiveLimit;
  readonly underWay: UnderWay;
  readonly host: Host;
}

/** A trial that ended; `cause` is what was thrown. */
export interface TrialOutcome {
  readonly record: SampleRecord;
  readonly cause?: unknown;
}

type Calls = { -readonly [Name in keyof NonNullable<SampleRecord['calls']>]: number };

/** Runs one trial of a sample, and once more after each infrastructure error that may pass, as often as the rules allow. */
export async function runTrial(sample: Sample, trial: number, rules: TrialRules): Promise<TrialOutcome> {
  const at = currentTime();
  const retried: string[] = [];
  for (;;) {
    const room = rules.limit.enter();
    if (room !== undefined) await room;
    const start = performance.now();
    const attempt = new Attempt(sample, trial, rules);
    let answer: Judged | undefined;
    let error: SampleRecord['error'];
    let thrown: { readonly cause: unknown } | undefined;
    try {
      answer = judged(await attempt.run());
      rules.limit.succeeded();
    } catch (cause) {
      thrown = { cause };
      error = errorEntry(attempt.isLate ? 'timeout' : errorKind(cause), cause);
      if (isTooMany(cause)) rules.limit.slowDown(start, performance.now());
    } finally {
      rules.underWay.delete(attempt);
      rules.limit.leave();
    }
    if (thrown !== undefined && canRetry(attempt, thrown.cause, retried.length, rules)) {
      retried.push(error?.message ?? '');
      const isWaited = await wait(backoffMs(thrown.cause, retried.length), rules.underWay.ending);
      if (isWaited) continue;
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
      at,
      durationMs: toMicroseconds(performance.now() - start),
      retried: retried.length === 0 ? undefined : retried,
    };
    return thrown === undefined ? { record } : { record, cause: thrown.cause };
  }
}

function canRetry(attempt: Attempt, cause: unknown, retried: number, rules: TrialRules): boolean {
  return !attempt.isLate && !rules.underWay.ending.aborted && retried < rules.retries && isPassing(cause);
}

async function wait(ms: number, ending: AbortSignal): Promise<boolean> {
  // A signal of its own, since many samples may wait at once and listeners are counted.
  return delay(ms, true, { signal: AbortSignal.any([ending]) }).catch(() => false);
}

// A class, since V8 makes a hidden class of its own for every object literal with getters, and keeps all that they see.
class TrialContext implements SampleContext {
  readonly model: string;
  readonly trial: number;
  readonly sampleId: string;
  readonly #attempt: Attempt;
  readonly #client: () => unknown;

  constructor(attempt: Attempt, { id }: Sample, trial: number, rules: TrialRules) {
    this.model = rules.model;
    this.trial = trial;
    this.sampleId = id;
    this.#attempt = attempt;
    this.#client = rules.client;
  }

  get client(): unknown {
    return this.#client();
  }

  /** Made when it is asked for, as few samples do, and may be taken off its object. */
  get log(): SampleContext['log'] {
    return (name, value) => this.#attempt.note(name, value);
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }
}

/** One call of the sample's function, within its time. */
class Attempt implements Endable {
  isLate = false;
  readonly #sample: Sample;
  readonly #trial: number;
  readonly #rules: TrialRules;
  #log: Record<string, Json> | undefined;
  readonly #calls: Calls = { count: 0, latencyMs: 0, promptTokens: 0, completionTokens: 0 };
  #reject: ((reason: Error) => void) | undefined;
  #abort: AbortController | undefined;
  #end: Error | undefined;

  constructor(sample: Sample, trial: number, rules: TrialRules) {
    this.#sample = sample;
    this.#trial = trial;
    this.#rules = rules;
  }

  /** Settles with the function's answer, or when it is ended. */
  run(): Promise<unknown> {
    const activity = this.#rules.host.begin(`sample ${this.#sample.index}`);
    return new OwnPromise((resolve, reject) => {
      this.#reject = reject;
      this.#rules.underWay.add(this);
      this.#answer(activity).then(
        (answer) => {
          activity.end();
          resolve(answer);
        },
        (error: unknown) => {
          activity.end();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is passed on as it was thrown
          reject(error);
        },
      );
    });
  }

  end(reason: Error, isLate: boolean): void {
    this.isLate = isLate;
    this.#end = reason;
    this.#reject?.(reason);
    this.#abort?.abort(reason);
  }

  #answer(activity: Activity): Promise<unknown> {
    const { fn } = this.#rules;
    const { cells } = this.#sample;
    const context = new TrialContext(this, this.#sample, this.#trial, this.#rules);
    const observer = (call: ModelCall): void => this.#count(call);
    try {
      return OwnPromise.resolve(
        activity.run(() => observeCalls(observer, () => fn(cells as never, context))),
      );
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is passed on as it was thrown
      return OwnPromise.reject(error);
    }
  }

  note(name: string, value: Json): void {
    this.#log ??= {};
    this.#log[name] = value;
  }

  /** What `context.log` noted. */
  get log(): SampleRecord['log'] {
    return this.#log;
  }

  get calls(): SampleRecord['calls'] {
    const { count, latencyMs, promptTokens, completionTokens } = this.#calls;
    return count === 0
      ? undefined
      : { count, latencyMs: toMicroseconds(latencyMs), promptTokens, completionTokens };
  }

  /** Made when it is asked for: it costs more than all the rest of a quick sample. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#end !== undefined) this.#abort.abort(this.#end);
    }
    return this.#abort.signal;
  }

  /** Calls of other models, such as a judge's, are not this model's. */
  #count({ client, latencyMs, promptTokens, completionTokens }: ModelCall): void {
    if (this.#rules.model !== '' && client !== this.#rules.client()) return;
    this.#calls.count += 1;
    this.#calls.latencyMs += latencyMs;
    this.#calls.promptTokens += promptTokens;
    this.#calls.completionTokens += completionTokens;
  }
}

function toMicroseconds(ms: number): number {
  return round(ms * 1000) / 1000;
}
