// Not the globals: tests may put fake timers in their place.
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Json } from '../pattern/json';
import { observeCalls, type ModelCall } from '../pattern/model-calls';
import { ModelProviderError } from '../pattern/errors';
import { currentRealm } from '../pattern/realm';
import type { AdaptiveLimit } from './adaptive-limit';
import { backoffMs } from './backoff';
import type { Sample } from './data-sets/data-set';
import { errorEntry, errorKind, isPassing, isTooMany } from './error-kind';
import type { SampleRecord } from './log/log-record';
import { judged, type Returned } from './returned';

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
  readonly timeoutMs: number;
  readonly retries: number;
  readonly limit: AdaptiveLimit;
  /** Aborted when the run is being ended: trials under way are void then. */
  readonly ending: AbortSignal;
  /** The trials under way: what to call when `ending` is aborted. Listeners of the signal itself would cost more than a quick sample. */
  readonly underWay: Set<() => void>;
}

/** A trial that ended; `cause` is what was thrown. */
export interface TrialOutcome {
  readonly record: SampleRecord;
  readonly cause?: unknown;
}

type Calls = { -readonly [Name in keyof NonNullable<SampleRecord['calls']>]: number };

/** Runs one trial of a sample, and once more after each infrastructure error that may pass, as often as the rules allow. */
export async function runTrial(sample: Sample, trial: number, rules: TrialRules): Promise<TrialOutcome> {
  const at = Date.now();
  const retried: string[] = [];
  for (;;) {
    const room = rules.limit.enter();
    if (room !== undefined) await room;
    const start = performance.now();
    const attempt = new Attempt(sample, trial, rules);
    let found: Partial<SampleRecord>;
    let thrown: { readonly cause: unknown } | undefined;
    try {
      found = judgedRecord(await attempt.run());
      rules.limit.succeeded();
    } catch (cause) {
      thrown = { cause };
      const kind = attempt.isLate ? 'timeout' : errorKind(cause);
      found = { scores: [], error: errorEntry(kind, cause) };
      if (isTooMany(cause)) rules.limit.slowDown(start, performance.now());
    } finally {
      rules.limit.leave();
    }
    if (thrown !== undefined && canRetry(attempt, thrown.cause, retried.length, rules)) {
      retried.push(found.error?.message ?? '');
      const isWaited = await wait(backoffMs(thrown.cause, retried.length), rules.ending);
      if (isWaited) continue;
    }
    const { index, id, location, cluster, cells } = sample;
    const record: SampleRecord = {
      type: 'sample',
      id,
      trial,
      index,
      ...(location === undefined ? {} : { location }),
      ...(cluster === undefined ? {} : { cluster }),
      input: cells as Json,
      scores: [],
      ...found,
      ...attempt.notes(),
      at,
      durationMs: round(performance.now() - start),
      ...(retried.length === 0 ? {} : { retried }),
    };
    return thrown === undefined ? { record } : { record, cause: thrown.cause };
  }
}

// No literal that begins with a spread: V8 makes a hidden class of its own for each, and all that sees them becomes slow.
function judgedRecord(returned: unknown): Pick<SampleRecord, 'response' | 'scores' | 'metadata'> {
  const { response, scores, metadata } = judged(returned);
  return { response, scores, metadata };
}

function canRetry(attempt: Attempt, cause: unknown, retried: number, rules: TrialRules): boolean {
  return !attempt.isLate && !rules.ending.aborted && retried < rules.retries && isPassing(cause);
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
  readonly log: SampleContext['log'];
  readonly #attempt: Attempt;
  readonly #client: () => unknown;

  constructor(
    attempt: Attempt,
    { id }: Sample,
    trial: number,
    rules: TrialRules,
    notes: Record<string, Json>,
  ) {
    this.model = rules.model;
    this.trial = trial;
    this.sampleId = id;
    this.log = (name, value) => (notes[name] = value);
    this.#attempt = attempt;
    this.#client = rules.client;
  }

  get client(): unknown {
    return this.#client();
  }

  get signal(): AbortSignal {
    return this.#attempt.signal;
  }
}

/** One call of the sample's function, within its time. */
class Attempt {
  isLate = false;
  readonly #sample: Sample;
  readonly #trial: number;
  readonly #rules: TrialRules;
  readonly #log: Record<string, Json> = {};
  readonly #calls: Calls = { count: 0, latencyMs: 0, promptTokens: 0, completionTokens: 0 };
  #abort: AbortController | undefined;
  #end: Error | undefined;

  constructor(sample: Sample, trial: number, rules: TrialRules) {
    this.#sample = sample;
    this.#trial = trial;
    this.#rules = rules;
  }

  /** Settles with the function's answer, or when its time is up or the run ends: an answer after that is void. */
  run(): Promise<unknown> {
    const { timeoutMs, ending, underWay } = this.#rules;
    return new Promise((resolve, reject) => {
      ending.throwIfAborted();
      const settled = (): void => {
        clearTimeout(timer);
        underWay.delete(onEnding);
      };
      const end = (reason: Error): void => {
        settled();
        reject(reason);
        this.#end = reason;
        this.#abort?.abort(reason);
      };
      const timer = setTimeout(() => {
        this.isLate = true;
        end(new ModelProviderError('EVAL_FAILED', `took longer than its ${timeoutMs} ms`));
      }, timeoutMs);
      const onEnding = (): void => end(ending.reason as Error);
      underWay.add(onEnding);
      this.#answer().then(
        (answer) => {
          settled();
          resolve(answer);
        },
        (error: unknown) => {
          settled();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is passed on as it was thrown
          reject(error);
        },
      );
    });
  }

  #answer(): Promise<unknown> {
    const { fn } = this.#rules;
    const { index, cells } = this.#sample;
    const context = new TrialContext(this, this.#sample, this.#trial, this.#rules, this.#log);
    return observeCalls(
      (call) => this.#note(call),
      () =>
        currentRealm()
          .host()
          .runAs(`sample ${index}`, () => fn(cells as never, context)),
    );
  }

  notes(): Pick<SampleRecord, 'log' | 'calls'> {
    const { count, latencyMs, promptTokens, completionTokens } = this.#calls;
    return {
      log: Object.keys(this.#log).length === 0 ? undefined : this.#log,
      calls: count === 0 ? undefined : { count, latencyMs: round(latencyMs), promptTokens, completionTokens },
    };
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
  #note({ client, latencyMs, promptTokens, completionTokens }: ModelCall): void {
    if (this.#rules.model !== '' && client !== this.#rules.client()) return;
    this.#calls.count += 1;
    this.#calls.latencyMs += latencyMs;
    this.#calls.promptTokens += promptTokens;
    this.#calls.completionTokens += completionTokens;
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
