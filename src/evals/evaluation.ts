import { createHash } from 'node:crypto';
// Not the globals: tests may put fake timers in their place.
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { isModelProviderError, messageOf, ModelProviderError } from '../pattern/errors';
import type { EvalRun } from '../pattern/eval-run';
import type { Json } from '../pattern/json';
import { currentRealm } from '../pattern/realm';
import { AdaptiveLimit } from './adaptive-limit';
import type { Sample } from './data-sets/data-set';
import { evalRecordType, type EvalOutcome } from './eval-record';
import { makingOf, nameOf, type EvaluationPlan, type Making } from './evaluation-plan';
import type { CheckedOptions } from './foreach-options';
import { describeVerdict } from './describe-verdict';
import { readBaseline } from './gate-baseline';
import { EvaluationLog } from './log/evaluation-log';
import { loggable } from './log/loggable';
import { logSchema, type FooterRecord, type SampleRecord } from './log/log-record';
import { Restart } from './restart';
import { runConcurrently } from './run-concurrently';
import { runTrial, type TrialRules } from './run-trial';
import { evaluateGate, type GateOutcome } from './statistics/gate';
import { SummaryBuilder, type SummaryRules } from './summary-builder';
import { UnderWay } from './under-way';

interface Trial {
  readonly sample: Sample;
  readonly number: number;
}

// What is under way when the run is interrupted may end within this time; the session waits a little longer.
const drainMs = 2000;
const progressEveryMs = 100;
const defaultConcurrency = 4;

/**
 * Evaluates a data set once: takes over what an earlier run has finished, runs the rest, logs each trial when it ends, and holds what
 * was found to the gate.
 *
 * @throws ModelProviderError `EVAL_FAILED` for a gate that is not passed, `EVAL_INVALID` for a data set that cannot be read,
 *   `LOG_INVALID`, `RESOURCE_LOST`, and what the setup of the model throws.
 */
export async function evaluate(plan: EvaluationPlan, run: EvalRun): Promise<void> {
  const making = await makingOf(plan, run);
  const log = new EvaluationLog(run, nameOf(plan, run), making);
  try {
    await new Evaluation(plan, run, making, log).run();
  } finally {
    log.close();
  }
}

class Evaluation {
  readonly #plan: EvaluationPlan;
  readonly #run: EvalRun;
  readonly #making: Making;
  readonly #log: EvaluationLog;
  readonly #options: CheckedOptions;
  readonly #summaryRules: SummaryRules;
  readonly #summary: SummaryBuilder;
  readonly #restart: Restart;
  readonly #underWay: UnderWay;
  readonly #datasetHash = createHash('sha256');
  #status: FooterRecord['status'] = 'complete';
  #opening: Promise<TrialRules> | undefined;
  #rules: TrialRules | undefined;
  #lost: Error | undefined;
  #samples = 0;
  #trialsRead = 0;
  #done = 0;
  #errors = 0;
  #shownAt = 0;

  constructor(plan: EvaluationPlan, run: EvalRun, making: Making, log: EvaluationLog) {
    const { reduce, statistics, onLost } = plan.options;
    this.#summaryRules = {
      ...(reduce === undefined ? {} : { reduce }),
      ...(statistics === undefined ? {} : { estimate: statistics }),
    };
    this.#plan = plan;
    this.#run = run;
    this.#making = making;
    this.#log = log;
    this.#options = run.samples === null ? plan.options : { ...plan.options, samples: run.samples };
    this.#summary = new SummaryBuilder(this.#summaryRules);
    this.#underWay = new UnderWay(plan.options.timeoutMs);
    this.#restart = new Restart(plan.block, onLost === 'restartOnce', (reason) =>
      log.append({ type: 'restart', at: new Date().toISOString(), reason }),
    );
  }

  async run(): Promise<void> {
    const work = this.#runAll();
    const ended = work.then(
      () => undefined,
      () => undefined,
    );
    let drain: NodeJS.Timeout | undefined;
    const forget = currentRealm()
      .host()
      .onEnding(() => {
        drain = this.#interrupt();
        return ended;
      });
    try {
      await work;
    } finally {
      forget();
      clearTimeout(drain);
      this.#underWay.close();
      this.#show(true);
    }
  }

  async #runAll(): Promise<void> {
    const concurrency = this.#options.concurrency ?? (await this.#slots());
    try {
      const samples = await this.#plan.source.read(this.#options);
      const trials = Symbol.asyncIterator in samples ? this.#trialsLater(samples) : this.#trials(samples);
      await runConcurrently(trials, concurrency, (trial) => this.#take(trial, concurrency));
    } catch (error) {
      // What was found until then is kept, and the log says that there should be more.
      this.#status = 'failed';
      if (this.#opening !== undefined && !isModelProviderError(error, 'LOG_INVALID')) this.#end();
      throw error;
    }
    if (this.#samples === 0 && !this.#isStopped)
      throw this.#failed('the data set is empty, so nothing was evaluated.');
    this.#judge();
  }

  *#trials(samples: Iterable<Sample>): Generator<Trial, void, undefined> {
    for (const sample of samples) {
      if (this.#isStopped) return;
      yield* this.#unfinished(sample);
    }
  }

  async *#trialsLater(samples: AsyncIterable<Sample>): AsyncGenerator<Trial, void, undefined> {
    for await (const sample of samples) {
      if (this.#isStopped) return;
      yield* this.#unfinished(sample);
    }
  }

  /** The trials of a sample that have to run; those that an earlier run has finished are taken over. */
  *#unfinished(sample: Sample): Generator<Trial, void, undefined> {
    this.#samples += 1;
    this.#datasetHash.update(sample.id);
    for (let number = 0; number < this.#options.trials; number++) {
      this.#trialsRead += 1;
      const earlier = this.#log.finished(sample.id, number);
      if (earlier !== undefined) this.#count(earlier, sample, true);
      else yield { sample, number };
    }
  }

  get #isStopped(): boolean {
    return this.#status !== 'complete';
  }

  /** Runs a trial that has to run. A void one is not recorded: it runs when the run is continued. */
  async #take({ sample, number }: Trial, concurrency: number): Promise<void> {
    if (this.#restart.underWay !== undefined) await this.#restart.underWay;
    // Asked for before the end came.
    if (this.#isStopped) return;
    this.#opening ??= this.#open(concurrency);
    const rules = (this.#rules ??= await this.#opening);
    const restarts = this.#restart.count;
    let { record, cause } = await runTrial(sample, number, rules);
    if (this.#restart.explains(cause) && !this.#underWay.ending.aborted) {
      if (await this.#restart.after(cause, restarts)) {
        const again = await runTrial(sample, number, rules);
        const retried = [messageOf(cause), ...(again.record.retried ?? [])];
        [record, cause] = [{ ...again.record, retried }, again.cause];
      }
      if (this.#restart.explains(cause)) this.#lose(cause);
    }
    if (this.#underWay.ending.aborted && cause !== undefined) return;
    this.#count(this.#keep(record), sample, false);
  }

  /** Logs a trial; returns what the log has of it. */
  #keep(record: SampleRecord): SampleRecord {
    try {
      this.#log.append(record);
      return record;
    } catch (error) {
      if (isModelProviderError(error)) throw error;
      const kept = loggable(record);
      this.#log.append(kept);
      return kept;
    }
  }

  #lose(cause: unknown): void {
    if (this.#isStopped) return;
    this.#status = 'lost';
    this.#lost = cause as Error;
  }

  #interrupt(): NodeJS.Timeout | undefined {
    if (this.#isStopped) return undefined;
    this.#status = 'interrupted';
    const reason = new ModelProviderError('SESSION_CLOSED', 'The run was interrupted.');
    return setTimeout(() => this.#underWay.endAll(reason), drainMs);
  }

  #count(record: SampleRecord, { number }: Sample, isReused: boolean): void {
    this.#summary.add(record, number, isReused);
    this.#done += 1;
    if (record.error !== undefined) this.#errors += 1;
    this.#show(false);
  }

  #show(isOver: boolean): void {
    const now = performance.now();
    if (!isOver && now - this.#shownAt < progressEveryMs) return;
    this.#shownAt = now;
    const { title, model } = this.#plan;
    currentRealm().host().progress({
      id: this.#log.path,
      title,
      model,
      done: this.#done,
      total: this.#total,
      errors: this.#errors,
      isOver,
    });
  }

  /** Trials of all samples, if that can be known beforehand. */
  get #total(): number | null {
    const { samples = Infinity, filter, trials } = this.#options;
    const { rows } = this.#plan.source;
    return rows === null || filter !== undefined ? null : Math.min(rows, samples) * trials;
  }

  get #notRun(): number {
    return this.#isStopped ? (this.#total ?? this.#trialsRead) - this.#done : 0;
  }

  /** Leases the model, and opens the log: nothing is written before there is an answer to come. */
  async #open(concurrency: number): Promise<TrialRules> {
    const { block, evaluated, model, source, fn } = this.#plan;
    for (const around of [...(block?.chain ?? [])].reverse()) {
      await around.ready('block');
      await around.ready('test');
    }
    const { run, git, seed, packages } = this.#run;
    const { trials, timeoutMs, retries, onLost, samples = null, shuffle = null } = this.#options;
    this.#log.append({
      type: 'header',
      schema: logSchema,
      run,
      at: new Date().toISOString(),
      ...nameOf(this.#plan, this.#run),
      ...this.#making,
      resource:
        evaluated === undefined
          ? null
          : { resourceId: evaluated.handle.resourceId, ...evaluated.handle.facts },
      git,
      seed,
      packages,
      dataset: { name: source.name, hash: await source.hash() },
      options: { concurrency, trials, timeoutMs, retries, onLost, samples, shuffle },
    });
    const limit = new AdaptiveLimit(concurrency);
    return {
      fn,
      model,
      client: () => evaluated?.handle.client,
      retries,
      limit,
      host: currentRealm().host(),
      underWay: this.#underWay,
    };
  }

  /** Sums up, writes the footer, tells the reports, and fails the test if it has to. */
  #judge(): void {
    const { outcome, message, unknown } = this.#end();
    if (unknown !== undefined)
      throw new ModelProviderError(
        'EVAL_INVALID',
        `foreach(): reduce names "${unknown}", but no sample of "${this.#plan.title}" has that score.`,
      );
    if (this.#status === 'interrupted') throw this.#failed(`the run was interrupted.\n${message}`);
    if (this.#lost !== undefined) throw lostWith(this.#lost, this.#plan.title, this.#notRun);
    const { inconclusive = 'warn' } = this.#options.gate;
    if (outcome === 'fail' || (outcome === 'inconclusive' && inconclusive === 'fail'))
      throw new ModelProviderError('EVAL_FAILED', message, { details: { log: this.#log.path } });
  }

  #end(): { outcome: GateOutcome; message: string; unknown: string | undefined } {
    const { title, model } = this.#plan;
    const { gate } = this.#options;
    const { summary, scores, worst } = this.#summary.finish({
      notRun: this.#notRun,
      restarts: this.#restart.count,
    });
    const baseline = readBaseline(gate, this.#run, nameOf(this.#plan, this.#run), this.#summaryRules);
    const verdict = evaluateGate(gate, { ...summary, samplesOf: scores, baseline });
    this.#log.end({
      type: 'footer',
      at: new Date().toISOString(),
      status: this.#status,
      dataset: { samples: this.#samples, hash: this.#datasetHash.copy().digest('hex').slice(0, 16) },
      summary,
      worst,
      gate: verdict,
    });
    const status = this.#status;
    const data: EvalOutcome = { title, model, status, summary, gate: verdict, log: this.#log.path };
    currentRealm()
      .host()
      .record({ type: evalRecordType, data: data as unknown as Json });
    return {
      outcome: verdict.outcome,
      message: describeVerdict(title, verdict, summary, worst, this.#log.path),
      // Without any score, nothing was reduced by another rule than was meant.
      unknown: Object.keys(this.#summaryRules.reduce ?? {}).find(
        (name) => scores.size > 0 && !scores.has(name),
      ),
    };
  }

  #failed(what: string): ModelProviderError {
    return new ModelProviderError('EVAL_FAILED', `"${this.#plan.title}": ${what}`);
  }

  async #slots(): Promise<number> {
    return (await this.#plan.evaluated?.provider())?.constraints.slots ?? defaultConcurrency;
  }
}

function lostWith(lost: Error, title: string, notRun: number): Error {
  if (notRun === 0) return lost;
  const [first = '', ...rest] = lost.message.split('\n');
  const message = [first, `"${title}" stopped there; ${notRun} trials did not run.`, ...rest].join('\n');
  return new ModelProviderError('RESOURCE_LOST', message, { cause: lost });
}
