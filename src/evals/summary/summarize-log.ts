import type { EvalLog } from '../log/read-log';
import { SummaryBuilder, type SummaryRules, type SummedUp } from './summary-builder';

/** Sums up the samples of a log that count. */
export function summarizeLog(log: EvalLog, rules: SummaryRules = {}): SummedUp {
  const builder = new SummaryBuilder(log.header.model, rules);
  const numbers = new Map<string, number>();
  log.eachSample((sample) => {
    const number = numbers.get(sample.id) ?? numbers.size;
    numbers.set(sample.id, number);
    builder.add(sample, number, false);
  });
  log.eachUnattributed((call) => builder.addUnattributed(call));
  return builder.finish({ notRun: 0, restarts: log.restarts, spent: log.spent });
}
