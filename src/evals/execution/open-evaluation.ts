import type { EvaluationLog } from '../log/evaluation-log';
import type { EvaluationPlan } from './evaluation-plan';

/** Leases what the samples use, and begins the log: nothing is written before there is an answer to come. */
export async function openEvaluation(
  { block, evaluated, source, options }: EvaluationPlan,
  log: EvaluationLog,
  concurrency: number,
): Promise<void> {
  for (const around of [...(block?.chain ?? [])].reverse()) {
    await around.ready('block');
    await around.ready('test');
  }
  const { trials, timeoutMs, maxWaitMs, stopAfterEqualErrors, retries, onLost, transcripts } = options;
  const { samples = null, shuffle = null } = options;
  log.begin({
    resource:
      evaluated === undefined ? null : { resourceId: evaluated.handle.resourceId, ...evaluated.handle.facts },
    dataset: { name: source.name, hash: await source.hash() },
    options: {
      ...{ concurrency, trials, timeoutMs, maxWaitMs, stopAfterEqualErrors, retries, onLost },
      ...{ samples, shuffle, transcripts },
    },
  });
}
