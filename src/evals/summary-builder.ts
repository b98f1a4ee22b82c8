import type { EvalSummary } from './eval-record';
import type { ErrorKind, SampleRecord } from './log/log-record';
import { NumberList } from './number-list';
import type { EstimateOptions } from './statistics/estimate';
import { ScoreValues } from './score-values';
import type { SampleScore } from './statistics/sample-score';
import type { TrialReducer } from './statistics/trials';
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

/** Sums an evaluation up, record by record. It keeps ids and numbers, never the records. */
export class SummaryBuilder {
  readonly #rules: SummaryRules;
  readonly #ids: (string | undefined)[] = [];
  readonly #clusters = new Map<number, string>();
  readonly #errored = new Set<number>();
  readonly #scores = new Map<string, ScoreValues>();
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

  /**
   * @param sample the number of its sample, from 0: all trials of a sample have the same.
   * @param isReused whether an earlier run has made it.
   */
  add(record: SampleRecord, sample: number, isReused: boolean): void {
    const { id, cluster, error, calls, retried } = record;
    while (this.#ids.length < sample) this.#ids.push(undefined);
    this.#ids[sample] = id;
    if (cluster !== undefined) this.#clusters.set(sample, cluster);
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
      this.#errored.add(sample);
      this.#errorKinds[error.kind] = (this.#errorKinds[error.kind] ?? 0) + 1;
    }
    for (const { name, value } of record.scores) this.#valuesOf(name).add(sample, value);
  }

  finish({ notRun, restarts }: RunCounts): SummedUp {
    const samples = { ids: this.#ids, clusters: this.#clusters, errored: this.#errored };
    const found = [...this.#scores].map(([name, values]) => {
      const rules = { reduce: this.#rules.reduce?.[name], estimate: this.#rules.estimate };
      return { name, ...summarizeScore(name, values, samples, rules) };
    });
    return {
      summary: {
        samples: this.#ids.reduce((count, id) => (id === undefined ? count : count + 1), 0),
        trials: this.#trials,
        errors: this.#errored.size,
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

  #valuesOf(name: string): ScoreValues {
    const known = this.#scores.get(name);
    if (known !== undefined) return known;
    const values = new ScoreValues();
    this.#scores.set(name, values);
    return values;
  }
}
