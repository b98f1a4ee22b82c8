import { ModelProviderError } from '../../base/errors';
import type { EvalRun } from '../../pattern/eval-run';
import type { SessionClient } from '../../pattern/session-client';
import { exactly } from '../../base/exactly';
import { showCost } from '../costs/show-cost';
import type { SpentBudget } from '../log/eval-summary';
import { isAtLeast } from '../statistics/rounding';

/** What an evaluation may cost, and what it has cost in this invocation. */
export class Budget {
  readonly #session: Pick<SessionClient, 'spent' | 'spend'>;
  readonly #ofRun: number | undefined;
  readonly #ofEvaluation: number | undefined;
  #spent = 0;

  /** @param maxCost of the evaluation, unless that of the run takes its place. */
  constructor(
    session: Pick<SessionClient, 'spent' | 'spend'>,
    { maxCost: ofRun }: Pick<EvalRun, 'maxCost'>,
    maxCost: number | undefined,
  ) {
    this.#session = session;
    this.#ofRun = ofRun?.amount;
    this.#ofEvaluation = ofRun?.isOnly === true ? undefined : maxCost;
  }

  /** Counts what a call has cost, also for the other evaluations of the run. */
  spend(cost: number): void {
    if (cost === 0) return;
    this.#spent += cost;
    this.#session.spend(cost);
  }

  /** What this evaluation has cost. */
  get spent(): number {
    return exactly(this.#spent);
  }

  /** The least of what may be spent; undefined without any limit. */
  get maxCost(): number | undefined {
    const [ofRun = Infinity, ofEvaluation = Infinity] = [this.#ofRun, this.#ofEvaluation];
    const least = Math.min(ofRun, ofEvaluation);
    return least === Infinity ? undefined : least;
  }

  /** The budget that is spent, so that no sample may begin any more; undefined if there is none. */
  get end(): SpentBudget | undefined {
    const [ofRun, ofEvaluation] = [this.#ofRun, this.#ofEvaluation];
    const { spent } = this.#session;
    if (ofRun !== undefined && isAtLeast(spent, ofRun))
      return { of: 'run', maxCost: ofRun, spent: exactly(spent) };
    if (ofEvaluation !== undefined && isAtLeast(this.#spent, ofEvaluation))
      return { of: 'evaluation', maxCost: ofEvaluation, spent: this.spent };
    return undefined;
  }
}

/** The error of an evaluation whose budget was spent before all of its samples had run. */
export function budgetSpent(
  title: string,
  { of, maxCost, spent }: SpentBudget,
  { notRun, run, log }: { readonly notRun: number; readonly run: string; readonly log: string },
): ModelProviderError {
  const lines = [
    `"${title}": the budget of the ${of} is spent: ${showCost(spent)} of maxCost ${showCost(maxCost)}; ${notRun} trials did not run.`,
    `EVALS_RUN=${run} goes on with them, and with a budget of its own. EVALS_MAX_COST sets another.`,
    `The log: ${log}`,
  ];
  return new ModelProviderError('BUDGET_SPENT', lines.join('\n'), {
    details: { of, maxCost, spent, notRun },
  });
}
