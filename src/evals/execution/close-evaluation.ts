import type { Json } from '../../base/json';
import type { EvalRun } from '../../pattern/eval-run';
import { currentRuntime } from '../../pattern/runtime';
import { evalRecordType, type EvalOutcome } from '../log/eval-record';
import type { EvaluationLog } from '../log/evaluation-log';
import type { FooterRecord } from '../log/log-record';
import { isReplayed } from '../log/replayed-calls';
import { evaluateGate } from '../statistics/evaluate-gate';
import type { GateOutcome } from '../statistics/gate';
import { describeVerdict } from '../summary/describe-verdict';
import { readBaseline } from '../summary/gate-baseline';
import type { SummedUp } from '../summary/summary-builder';
import { nameOf, summaryRules, type EvaluationPlan } from './evaluation-plan';

/** How the run over the data set ended. */
export interface EvaluationEnd extends Pick<FooterRecord, 'status' | 'dataset'> {
  readonly found: SummedUp;
}

/** How an evaluation was judged. */
export interface EvaluationVerdict {
  readonly outcome: GateOutcome;
  /** What the test says if it fails. */
  readonly message: string;
  /** A score that `reduce` names and no sample has. */
  readonly unknownScore: string | undefined;
}

/** Holds what was found to the gate, writes the footer of the log, and tells the reports. */
export function closeEvaluation(
  plan: EvaluationPlan,
  run: EvalRun,
  log: EvaluationLog,
  { status, dataset, found }: EvaluationEnd,
): EvaluationVerdict {
  const { title, model, options } = plan;
  const { summary, scores, worst } = found;
  const rules = summaryRules(options);
  const baseline = readBaseline(options.gate, run, nameOf(plan, run), rules, isReplayed(summary));
  const gate = evaluateGate(options.gate, { ...summary, samplesOf: scores, baseline });
  // The reports get to know it first: a log that somebody has changed is named there too.
  const data: EvalOutcome = { title, model, status, summary, gate, log: log.path };
  if (log.hasBegun)
    currentRuntime()
      .session()
      .record({ type: evalRecordType, data: data as unknown as Json });
  log.end({ status, dataset, summary, worst, gate });
  // Without any score, nothing was reduced by another rule than was meant.
  const unknownScore = Object.keys(rules.reduce ?? {}).find((name) => scores.size > 0 && !scores.has(name));
  return {
    outcome: gate.outcome,
    message: describeVerdict(title, gate, summary, worst, log.path),
    unknownScore,
  };
}
