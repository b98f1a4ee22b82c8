import type { EvalSummary } from './eval-record';
import type { ErrorKind, SampleRecord } from './log/log-record';
import { NumberList } from './number-list';
import type { EstimateOptions } from './statistics/estimate';
import type { SampleScore } from './statistics/sample-score';
import type { TrialReducer, TrialScore } from './statistics/trials';
import { summarizeScore } from './summarize-score';
import { WorstSamples, type WorstSample } from './worst-samples';

/** How an evaluation is summed up. */
export interface SummaryRules {
  /** How a score's trials are reduced, by its name; the mean by default. */
  readonly reduce?: Readonly<Record<string, TrialReducer>>;
  readonly estimate?: EstimateOptions;
}

/** What the log does not say of a run: how much of it never ran. */
export interface RunCounts {
  readonly notRun: number;
  readonly restarts: number;
}

/** An evaluation, summed up. */
export interface SummedUp {
  readonly summary: EvalSummary;
  /** The values of each score, trials reduced, of samples without an error. */
  readonly scores: ReadonlyMap<string, readonly SampleScore[]>;
  readonly worst: readonly WorstSample[];
}

interface SampleState {
  readonly id: string;
  readonly cluster?: string;
  hasError: boolean;
}

/** Sums an evaluation up, record by record. It keeps ids and numbers, never the records. */
export class SummaryBuilder {
  readonly #rules: SummaryRules;
  readonly #samples = new Map<string, SampleState>();
  readonly #scores = new Map<string, TrialScore[]>();
  readonly #errorKinds: Partial<Record<ErrorKind, number>> = {};
  readonly #durations = new NumberList();
  readonly #latencies = new NumberList();
  readonly #worst = new WorstSamples();
  #trials = 0;
  #reused = 0;
  #retries = 0;
  #modelMs = 0;
  #promptTokens = 0;
  #completionTokens = 0;

  constructor(rules: SummaryRules = {}) {
    this.#rules = rules;
  }

  /** @param isReused whether an earlier run has made it. */
  add(record: SampleRecord, isReused: boolean): void {
    const { error, calls, retried } = record;
    const sample = this.#sampleOf(record);
    this.#trials += 1;
    if (isReused) this.#reused += 1;
    this.#retries += retried?.length ?? 0;
    this.#durations.add(record.durationMs);
    this.#worst.add(record);
    if (calls !== undefined) {
      this.#latencies.add(calls.latencyMs / calls.count);
      this.#modelMs += calls.latencyMs;
      this.#promptTokens += calls.promptTokens;
      this.#completionTokens += calls.completionTokens;
    }
    if (error !== undefined) {
      sample.hasError = true;
      this.#errorKinds[error.kind] = (this.#errorKinds[error.kind] ?? 0) + 1;
    }
    for (const { name, value } of record.scores) this.#trialsOf(name).push(trialOf(sample, value));
  }

  finish({ notRun, restarts }: RunCounts): SummedUp {
    const errored = [...this.#samples.values()].filter(({ hasError }) => hasError);
    const isErrored = new Set(errored.map(({ id }) => id));
    const found = [...this.#scores].map(([name, trials]) => {
      const sound = isErrored.size === 0 ? trials : trials.filter(({ id }) => !isErrored.has(id));
      const rules = { reduce: this.#rules.reduce?.[name], estimate: this.#rules.estimate };
      const lost = errored.map((sample) => withCluster(sample));
      return { name, ...summarizeScore(name, sound, lost, rules) };
    });
    return {
      summary: {
        samples: this.#samples.size,
        trials: this.#trials,
        errors: errored.length,
        errorKinds: this.#errorKinds,
        notRun,
        reused: this.#reused,
        retries: this.#retries,
        restarts,
        scores: found.map(({ summary }) => summary),
        durationMs: this.#durations.quantiles(),
        latencyMs: this.#latencies.quantiles(),
        promptTokens: this.#promptTokens,
        completionTokens: this.#completionTokens,
        tokensPerSecond: this.#modelMs === 0 ? null : this.#completionTokens / (this.#modelMs / 1000),
      },
      scores: new Map(found.map(({ name, samples }) => [name, samples])),
      worst: this.#worst.list,
    };
  }

  #sampleOf({ id, cluster }: SampleRecord): SampleState {
    const known = this.#samples.get(id);
    if (known !== undefined) return known;
    const sample = { id, ...(cluster === undefined ? {} : { cluster }), hasError: false };
    this.#samples.set(id, sample);
    return sample;
  }

  #trialsOf(name: string): TrialScore[] {
    const known = this.#scores.get(name);
    if (known !== undefined) return known;
    const trials: TrialScore[] = [];
    this.#scores.set(name, trials);
    return trials;
  }
}

function trialOf(sample: SampleState, value: TrialScore['value']): TrialScore {
  return { ...withCluster(sample), value };
}

function withCluster({ id, cluster }: SampleState): Omit<TrialScore, 'value'> {
  return cluster === undefined ? { id } : { id, cluster };
}
