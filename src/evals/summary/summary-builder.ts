import type { CallRecord, SampleRecord, WorstSample } from '../log/log-record';
import { AnswerCounts } from './answer-counts';
import { CallStatistics } from './call-statistics';
import { NumberList } from './number-list';
import type { EstimateOptions } from '../statistics/estimate';
import { ScoreValues } from './score-values';
import type { SampleScore } from '../statistics/sample-score';
import type { TrialReducer } from '../statistics/trials';
import { sampleCost } from '../costs/sample-cost';
import { summarizeScore } from './summarize-score';
import { WorstSamples } from './worst-samples';
import type { ErrorKind, EvalSummary, ScoreSummary } from '../log/eval-summary';

/** How an evaluation is summed up. */
export interface SummaryRules {
  /** How a score's trials are reduced, by its name; the mean by default. */
  readonly reduce?: Readonly<Record<string, TrialReducer>>;
  readonly estimate?: Omit<EstimateOptions, 'range'>;
}

/** What the samples do not say of a run: how much of it never ran, and what it has cost besides. */
export type RunCounts = Pick<EvalSummary, 'notRun' | 'restarts' | 'spent' | 'budget'>;

/** An evaluation, summed up. */
export interface SummedUp {
  readonly summary: EvalSummary;
  /** The values of each score, trials reduced, of samples without an error. */
  readonly scores: ReadonlyMap<string, readonly SampleScore[]>;
  /** What the model's calls have cost for each of these samples, where it is known. */
  readonly costs: readonly SampleScore[];
  readonly worst: readonly WorstSample[];
}

/** Sums up an evaluation, record by record. It holds ids and numbers, never the records. */
export class SummaryBuilder {
  readonly #model: string;
  readonly #rules: SummaryRules;
  readonly #ids: (string | undefined)[] = [];
  readonly #trialsOf: number[] = [];
  readonly #clusters = new Map<number, string>();
  readonly #errored = new Set<number>();
  readonly #scores = new Map<string, ScoreValues>();
  readonly #errorKinds: Partial<Record<ErrorKind, number>> = {};
  readonly #durations = new NumberList();
  readonly #costs = new ScoreValues();
  readonly #calls = new CallStatistics();
  readonly #others = new Map<string, CallStatistics>();
  readonly #unattributed = new CallStatistics();
  readonly #answers = new AnswerCounts();
  readonly #worst = new WorstSamples();
  #trials = 0;
  #reused = 0;
  #retries = 0;
  #replayedAnswers = 0;

  /** @param model the label of the model; with an empty one, every call is the model's. */
  constructor(model: string, rules: SummaryRules = {}) {
    this.#model = model;
    this.#rules = rules;
  }

  /**
   * @param sample the number of its sample, from 0; the same for all its trials.
   * @param isReused whether an earlier run made the record.
   */
  add(record: SampleRecord, sample: number, isReused: boolean): void {
    const { id, cluster, error, calls, retried } = record;
    while (this.#ids.length < sample) this.#ids.push(undefined);
    this.#ids[sample] = id;
    while (this.#trialsOf.length <= sample) this.#trialsOf.push(0);
    this.#trialsOf[sample] = (this.#trialsOf[sample] ?? 0) + 1;
    if (cluster !== undefined) this.#clusters.set(sample, cluster);
    this.#trials += 1;
    if (isReused) this.#reused += 1;
    this.#retries += retried?.length ?? 0;
    if (record.replayed === true) this.#replayedAnswers += 1;
    // What was recorded took no time.
    if (!hasReplayed(calls)) this.#durations.add(record.durationMs);
    this.#worst.add(record);
    if (calls !== undefined) {
      for (const call of calls) this.#addCall(call, sample);
      this.#addCost(
        sample,
        calls.filter((call) => this.#isOfModel(call)),
      );
    }
    if (error !== undefined) {
      this.#errored.add(sample);
      this.#errorKinds[error.kind] = (this.#errorKinds[error.kind] ?? 0) + 1;
    }
    for (const { name, value, kind, range } of record.scores)
      this.#valuesOf(name).add(sample, value, kind, range);
  }

  addUnattributed(call: CallRecord): void {
    this.#unattributed.add(call);
  }

  finish({ notRun, restarts, spent, budget }: RunCounts): SummedUp {
    const samples = {
      ids: this.#ids,
      trials: this.#trialsOf,
      clusters: this.#clusters,
      errored: this.#errored,
    };
    const found = [...this.#scores].map(([name, values]) => {
      const { reduce = {}, estimate } = this.#rules;
      // Not what every object has: a score may be named constructor.
      const rules = { reduce: Object.hasOwn(reduce, name) ? reduce[name] : undefined, estimate };
      return { name, ...summarizeScore(name, values, samples, rules) };
    });
    const { calls, ...model } = this.#calls.summary;
    const unattributed = this.#unattributed.summary;
    const costs = summarizeScore('cost', this.#costs, samples, {});
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
        ...model,
        ...(this.#replayedAnswers > 0 && { replayedAnswers: this.#replayedAnswers }),
        ...((model.cost?.priced ?? 0) > 0 && costPerSample(costs.summary)),
        ...(spent !== undefined && { spent }),
        ...(budget !== undefined && { budget }),
        ...(calls > 0 && { answers: this.#answers.summary }),
        ...(this.#others.size > 0 && {
          others: Object.fromEntries([...this.#others].map(([name, other]) => [name, other.summary])),
        }),
        ...(unattributed.calls + (unattributed.failed ?? 0) > 0 && { unattributed }),
      },
      scores: new Map(found.map(({ name, samples }) => [name, samples])),
      costs: costs.samples,
      worst: this.#worst.list,
    };
  }

  #addCall(call: CallRecord, sample: number): void {
    if (this.#isOfModel(call)) {
      this.#calls.add(call);
      if (call.error === undefined) this.#answers.add(sample, call);
      return;
    }
    const other = this.#others.get(call.resource) ?? new CallStatistics();
    this.#others.set(call.resource, other);
    other.add(call);
  }

  /** Recorded answers have cost nothing, which is not what a sample costs. */
  #addCost(sample: number, ofModel: readonly CallRecord[]): void {
    const cost = hasReplayed(ofModel) ? undefined : sampleCost(ofModel);
    this.#costs.add(sample, cost ?? null, 'real');
  }

  #isOfModel({ resource }: CallRecord): boolean {
    return this.#model === '' || resource === this.#model;
  }

  #valuesOf(name: string): ScoreValues {
    const known = this.#scores.get(name);
    if (known !== undefined) return known;
    const values = new ScoreValues();
    this.#scores.set(name, values);
    return values;
  }
}

function hasReplayed(calls: readonly CallRecord[] = []): boolean {
  return calls.some(({ replayed }) => replayed === true);
}

function costPerSample({
  count,
  mean,
  standardError,
  interval,
}: ScoreSummary): Pick<EvalSummary, 'costPerSample'> {
  if (mean === null) return {};
  const spread = { ...(standardError !== undefined && { standardError }), ...(interval && { interval }) };
  return { costPerSample: { count, mean, ...spread } };
}
