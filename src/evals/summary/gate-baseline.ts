import { messageOf } from '../../base/errors';
import { dirname, join } from '../../base/path';
import type { EvalRun } from '../../pattern/eval-run';
import { logPath, type LogName } from '../log/log-path';
import { readLog } from '../log/read-log';
import { isReplayed } from '../log/replayed-calls';
import type { Gate, GateSummary } from '../statistics/gate';
import type { SummaryRules } from './summary-builder';
import { summarizeLog } from './summarize-log';

const { existsSync } = process.getBuiltinModule('node:fs');

/**
 * Reads what the baseline of a gate had in the same evaluation with the same model.
 *
 * @param isNowReplayed whether answers of this run are recorded ones.
 * @returns the values by score, why there are none, or undefined if the gate has no baseline.
 */
export function readBaseline(
  { vsBaseline }: Gate,
  run: EvalRun,
  name: LogName,
  rules: SummaryRules,
  isNowReplayed: boolean,
): GateSummary['baseline'] {
  if (vsBaseline === undefined) return undefined;
  if (vsBaseline.run === run.run) return 'it is this very run: name an earlier one';
  const path = logPath(join(dirname(run.directory), vsBaseline.run), name);
  if (!existsSync(path)) return `it has no log of this evaluation with this model, ${path}`;
  try {
    const log = readLog(path);
    if (log.footer?.status !== 'complete') return `its log is not complete: run it to its end, ${path}`;
    const { scores, summary } = summarizeLog(log, rules);
    const wasReplayed = isReplayed(summary);
    return wasReplayed === isNowReplayed || vsBaseline.allowReplayed === true ? scores : whyNot(wasReplayed);
  } catch (error) {
    return messageOf(error);
  }
}

/** Recorded answers say what the model was when they were recorded. */
function whyNot(wasReplayed: boolean): string {
  const [its, own, wanted] = wasReplayed
    ? ['are recorded ones', 'are not', 'are live']
    : ['are live', 'are recorded ones', 'are recorded ones'];
  return `its answers ${its}, and those of this run ${own}: name a run whose answers ${wanted}, or allow it with allowReplayed: true`;
}
