import { isModelProviderError, messageOf, ModelProviderError } from '../../base/errors';
import type { EvalRun, TranscriptMode } from '../../pattern/eval-run';
import type { ModelCall } from '../../pattern/model-calls';
import { currentRuntime } from '../../pattern/runtime';
import type { Sample } from '../data-sets/data-set';
import type { PriceOf } from '../costs/model-price';
import { exactly } from '../../base/exactly';
import type { SpentBudget } from '../log/eval-summary';
import { EvaluationLog } from '../log/evaluation-log';
import { logPath } from '../log/log-path';
import type { FooterRecord, SampleRecord } from '../log/log-record';
import { SummaryBuilder } from '../summary/summary-builder';
import { onUnattributed } from '../../pattern/model-calls';
import { callRecord } from './attempt';
import { AdaptiveLimit } from '../../base/adaptive-limit';
import { Budget, budgetSpent } from './budget';
import { CallCosts } from './call-costs';
import { closeEvaluation, type EvaluationVerdict } from './close-evaluation';
import {
  handlesOf,
  leasedEndpoints,
  nameOf,
  provenanceOf,
  resourcesAround,
  summaryRules,
  totalTrials,
  type EvaluationPlan,
} from './evaluation-plan';
import { EvaluationProgress } from './evaluation-progress';
import { EvaluationRecordings } from './evaluation-recordings';
import { InFlight } from './in-flight';
import { beginLog, openEvaluation } from './open-evaluation';
import { RateLimits } from './rate-limits';
import { resourceNames } from './resource-names';
import { Restart } from './restart';
import { runConcurrently } from './run-concurrently';
import { runTrial, type TrialOutcome, type TrialRules } from './run-trial';
import { StopRule } from './stop-rule';

const { createHash } = process.getBuiltinModule('node:crypto');
// Not the global: tests may put fake timers in its place.
const { clearTimeout, setTimeout } = process.getBuiltinModule('node:timers');

interface Trial {
  readonly sample: Sample;
  readonly number: number;
}

// What is in flight when the run is interrupted may end within this time; the session waits a little longer.
const drainMs = 2000;
const defaultConcurrency = 4;

/**
 * Evaluates a data set once: takes over what an earlier run has finished, runs the rest, logs each trial when
 * it ends, and holds what was found to the gate.
 *
 * @throws ModelProviderError `BUDGET_SPENT` if not all samples could run for their cost, `EVAL_FAILED` for a gate that is not passed, `EVAL_INVALID` for a data set that
 *   cannot be read, `CONFIG_INVALID` where two projects would write one log, `LOG_INVALID`, `RESOURCE_LOST`, and what the setup of the model throws.
 */
export async function evaluate(given: EvaluationPlan, run: EvalRun): Promise<void> {
  const samples = run.samples ?? given.options.samples;
  const transcripts = transcriptMode(run.transcripts, given.options.transcripts);
  const plan = {
    ...given,
    options: { ...given.options, ...(samples !== undefined && { samples }), transcripts },
  };
  const name = nameOf(plan, run);
  await currentRuntime().session().claim(logPath(run.directory, name));
  const log = new EvaluationLog(run, name, await provenanceOf(plan, run), transcripts);
  try {
    await new Evaluation(plan, run, log).run();
  } finally {
    log.close();
  }
}

function transcriptMode(
  ofRun: EvalRun['transcripts'],
  own: TranscriptMode = ofRun?.mode ?? 'all',
): TranscriptMode {
  return ofRun?.isOnly === true ? ofRun.mode : own;
}

class Evaluation {
  readonly #plan: EvaluationPlan;
  readonly #run: EvalRun;
  readonly #log: EvaluationLog;
  readonly #summary: SummaryBuilder;
  readonly #progress: EvaluationProgress;
  readonly #restart: Restart;
  readonly #inFlight: InFlight;
  readonly #stopRule: StopRule;
  readonly #budget: Budget;
  readonly #costs: CallCosts;
  readonly #datasetHash = createHash('sha256');
  #samples = 0;
  /** Whether any trial was taken over from an earlier run. */
  #isContinued = false;
  readonly #recordings: EvaluationRecordings;
  #status: FooterRecord['status'] = 'complete';
  #lost: Error | undefined;
  #stoppedFor = '';
  #spentBudget: SpentBudget | undefined;
  /** A promise only until it is resolved: awaiting one costs each trial a turn of the microtask queue. */
  #rules: TrialRules | Promise<TrialRules> | undefined;

  constructor(plan: EvaluationPlan, run: EvalRun, log: EvaluationLog) {
    const { title, model, block, options } = plan;
    this.#plan = plan;
    this.#run = run;
    this.#recordings = new EvaluationRecordings(plan, run);
    this.#log = log;
    this.#summary = new SummaryBuilder(model, summaryRules(options));
    this.#progress = new EvaluationProgress(
      { id: log.path, title, model, total: totalTrials(plan) },
      (progress) => currentRuntime().session().progress(progress),
    );
    this.#restart = new Restart(block, options.onLost === 'restartOnce', (reason) => log.restarted(reason));
    this.#inFlight = new InFlight(options.timeoutMs);
    this.#stopRule = new StopRule(options, () => leasedEndpoints(block));
    this.#budget = new Budget(currentRuntime().session(), run, options.maxCost);
    this.#costs = new CallCosts(run.prices, resourcesAround(block), {
      paid: (cost) => this.#budget.spend(cost),
      unknown: (call, price) => this.#stopUncounted(call, price),
    });
  }

  async run(): Promise<void> {
    const work = this.#runAll();
    const ended = work.then(
      () => undefined,
      () => undefined,
    );
    const hearNoMore = this.#hearUnattributed();
    let drain: NodeJS.Timeout | undefined;
    const forget = currentRuntime()
      .session()
      .onShutdown(() => {
        drain = this.#interrupt();
        return ended;
      });
    try {
      await work;
    } finally {
      hearNoMore();
      forget();
      clearTimeout(drain);
      this.#inFlight.close();
      this.#progress.close();
    }
  }

  async #runAll(): Promise<void> {
    const { source, options } = this.#plan;
    const concurrency = options.concurrency ?? (await this.#slots());
    try {
      const samples = await source.read(options);
      const trials = Symbol.asyncIterator in samples ? this.#trialsLater(samples) : this.#trials(samples);
      await runConcurrently(trials, concurrency, (trial) => this.#take(trial, concurrency));
    } catch (error) {
      // What was found until then is kept, and the log says that there should be more.
      this.#status = 'failed';
      if (this.#rules !== undefined && !isModelProviderError(error, 'LOG_INVALID')) this.#close();
      throw error;
    }
    if (this.#samples === 0 && !this.#isStopped)
      throw this.#failed('the data set is empty, so nothing was evaluated.');
    // The budget was spent before it could begin: a report must not leave it out.
    if (this.#status === 'spent' && !this.#log.hasBegun)
      await beginLog(this.#plan, this.#log, { concurrency, resource: null });
    this.#judge(this.#close());
  }

  *#trials(samples: Iterable<Sample>): Generator<Trial, void, undefined> {
    for (const sample of samples) {
      if (this.#isOver) return;
      yield* this.#unfinished(sample);
    }
  }

  async *#trialsLater(samples: AsyncIterable<Sample>): AsyncGenerator<Trial, void, undefined> {
    for await (const sample of samples) {
      if (this.#isOver) return;
      yield* this.#unfinished(sample);
    }
  }

  /** The trials of a sample that have to run; those that an earlier run has finished are taken over. */
  *#unfinished(sample: Sample): Generator<Trial, void, undefined> {
    this.#samples += 1;
    this.#datasetHash.update(sample.id);
    for (let number = 0; number < this.#plan.options.trials; number++) {
      this.#progress.countRead();
      const earlier = this.#log.finished(sample.id, number);
      if (earlier !== undefined) this.#count(earlier, sample, true);
      else if (!this.#isStopped) yield { sample, number };
    }
  }

  /** Whether no trial begins any more. */
  get #isStopped(): boolean {
    return this.#status !== 'complete';
  }

  /** Whether nothing is read any more. What an earlier run has finished costs nothing, and counts. */
  get #isOver(): boolean {
    return this.#isStopped && this.#status !== 'spent';
  }

  /** Runs a trial that has to run. A void one is not recorded: it runs when the run is continued. */
  async #take({ sample, number }: Trial, concurrency: number): Promise<void> {
    if (this.#restart.pending !== undefined) await this.#restart.pending;
    // The trial was asked for before the evaluation was stopped.
    if (this.#isStopped || this.#isSpent()) return;
    const opened = this.#open(concurrency);
    const rules = 'then' in opened ? await opened : opened;
    const restarts = this.#restart.count;
    let outcome = await runTrial(sample, number, rules);
    if (this.#restart.explains(outcome.cause) && !this.#inFlight.signal.aborted) {
      if (await this.#restart.after(outcome.cause, restarts))
        outcome = await runTrial(sample, number, rules, [messageOf(outcome.cause)]);
      if (this.#restart.explains(outcome.cause)) this.#lose(outcome.cause);
    }
    if (outcome.record.error === undefined) this.#stopRule.passed();
    else if (this.#inFlight.signal.aborted || this.#stopsAfter(outcome)) return;
    this.#recordings.ended(outcome);
    this.#count(this.#log.keep(outcome.record, outcome.made), sample, false);
  }

  #isSpent(): boolean {
    this.#spentBudget = this.#budget.end;
    if (this.#spentBudget === undefined) return false;
    this.#status = 'spent';
    return true;
  }

  /** A call has cost nobody knows what: no budget can be kept. */
  #stopUncounted({ spec, facts }: ModelCall, price: PriceOf): void {
    if (this.#budget.maxCost === undefined || this.#isStopped) return;
    const ofTokens =
      facts.usage === undefined
        ? 'its tokens are not known: the endpoint does not count them, or the answer was left before its end'
        : 'its price is for shorter prompts';
    const why = price === 'unpriced' ? 'its price is not known' : ofTokens;
    this.#stop(
      `What a call of "${spec}" has cost cannot be counted, since ${why}: maxCost cannot be kept, leave it out.`,
    );
  }

  /** Stops the evaluation if it makes no sense to go on. Returns whether the trial is void then. */
  #stopsAfter(outcome: TrialOutcome): boolean {
    const stop = this.#isStopped ? undefined : this.#stopRule.failed(outcome);
    if (stop === undefined) return false;
    this.#stop(stop.reason);
    return stop.isVoid;
  }

  #stop(reason: string): void {
    this.#status = 'stopped';
    this.#stoppedFor = reason;
    this.#inFlight.cancelAll(new ModelProviderError('EVAL_FAILED', `The evaluation was stopped: ${reason}`));
  }

  /** Opens the evaluation with its first trial; all others use the same rules. */
  #open(concurrency: number): TrialRules | Promise<TrialRules> {
    const { fn, model, evaluated, block, options, storedCalls } = this.#plan;
    const { prices } = this.#run;
    const { maxCost } = this.#budget;
    this.#rules ??= openEvaluation(this.#plan, this.#log, { prices, maxCost, concurrency }).then(
      () =>
        (this.#rules = {
          fn,
          model,
          client: () => evaluated?.handle.client,
          retries: options.retries,
          limit: new AdaptiveLimit(concurrency),
          rateLimits: new RateLimits(() => leasedEndpoints(block), options.maxWaitMs),
          root: this.#run.root,
          session: currentRuntime().session(),
          handles: handlesOf(evaluated, block),
          isOfModel: evaluated !== undefined,
          inFlight: this.#inFlight,
          costs: this.#costs,
          resourceOf: resourceNames(this.#plan),
          maxWaitMs: options.maxWaitMs,
          storedCalls,
          begin: this.#recordings.begin,
          endpoints: () => leasedEndpoints(block),
        }),
    );
    return this.#rules;
  }

  #lose(cause: unknown): void {
    if (this.#isStopped) return;
    this.#status = 'lost';
    this.#lost = cause as Error;
  }

  #interrupt(): NodeJS.Timeout | undefined {
    if (this.#isOver) return undefined;
    this.#status = 'interrupted';
    const reason = new ModelProviderError('SESSION_CLOSED', 'The run was interrupted.');
    return setTimeout(() => this.#inFlight.cancelAll(reason), drainMs);
  }

  /** Keeps the calls to its resources that belong to no sample. */
  #hearUnattributed(): () => void {
    const { evaluated, block } = this.#plan;
    this.#log.eachEarlierUnattributed((call) => this.#summary.addUnattributed(call));
    const nameOf = resourceNames(this.#plan);
    return onUnattributed((call) => {
      if (!handlesOf(evaluated, block).some((handle) => handle.isOf(call.lease))) return;
      const record = { ...callRecord(nameOf(call), call.facts), ...this.#costs.of(call) };
      this.#log.unattributed(record);
      this.#summary.addUnattributed(record);
    });
  }

  #count(record: SampleRecord, { number }: Sample, isReused: boolean): void {
    this.#isContinued ||= isReused;
    this.#summary.add(record, number, isReused);
    this.#progress.countDone(record.error !== undefined);
  }

  get #notRun(): number {
    return this.#isStopped ? this.#progress.left : 0;
  }

  #close(): EvaluationVerdict {
    const { spent } = this.#budget;
    const hash = this.#datasetHash.copy().digest('hex').slice(0, 16);
    const verdict = closeEvaluation(this.#plan, this.#run, this.#log, {
      status: this.#status,
      dataset: { samples: this.#samples, hash },
      found: this.#summary.finish({
        notRun: this.#notRun,
        restarts: this.#restart.count,
        spent: { now: spent, total: exactly(this.#log.spentBefore + spent) },
        ...(this.#spentBudget && { budget: this.#spentBudget }),
      }),
    });
    this.#recordings.write(this.#status === 'complete' && !this.#isContinued);
    return verdict;
  }

  /** Fails the test if it has to. */
  #judge({ outcome, message, unknownScore }: EvaluationVerdict): void {
    const { title, options } = this.#plan;
    if (unknownScore !== undefined)
      throw new ModelProviderError(
        'EVAL_INVALID',
        `foreach(): reduce names "${unknownScore}", but no sample of "${title}" has that score.`,
      );
    if (this.#status === 'interrupted') throw this.#failed(`the run was interrupted.\n${message}`);
    if (this.#status === 'spent' && this.#spentBudget !== undefined)
      throw budgetSpent(title, this.#spentBudget, {
        ...{ notRun: this.#notRun, run: this.#run.run },
        log: this.#log.path,
      });
    if (this.#status === 'stopped')
      throw this.#failed(
        `${this.#stoppedFor}\nThe evaluation stopped there; ${this.#notRun} trials did not run. EVALS_RUN=${this.#run.run} goes on with them.\nThe log: ${this.#log.path}`,
      );
    if (this.#lost !== undefined) throw lostWith(this.#lost, title, this.#notRun);
    const { inconclusive = 'warn' } = options.gate;
    if (outcome === 'fail' || (outcome === 'inconclusive' && inconclusive === 'fail'))
      throw new ModelProviderError('EVAL_FAILED', message, { details: { log: this.#log.path } });
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
