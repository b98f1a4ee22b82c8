import type { EvaluationLog } from '../log/evaluation-log';
import type { HeaderRecord } from '../log/log-record';
import type { Prices } from '../../pattern/prices';
import { modelsAround, type EvaluationPlan } from './evaluation-plan';
import { pricesOf, requirePrices } from './require-prices';

interface Opening {
  readonly prices: Prices;
  /** What may be spent; undefined without a limit. */
  readonly maxCost: number | undefined;
  readonly concurrency: number;
}

/**
 * Leases what the samples use, and begins the log: nothing is written before there is an answer to come.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for a budget that could not be kept, and what the setups throw.
 */
export async function openEvaluation(
  plan: EvaluationPlan,
  log: EvaluationLog,
  { prices, maxCost, concurrency }: Opening,
): Promise<void> {
  const { title, block, evaluated } = plan;
  for (const around of [...(block?.chain ?? [])].reverse()) {
    await around.ready('block');
    await around.ready('test');
  }
  const models = modelsAround(block);
  if (maxCost !== undefined) requirePrices(title, maxCost, prices, models);
  await beginLog(plan, log, {
    concurrency,
    resource:
      evaluated === undefined ? null : { resourceId: evaluated.handle.resourceId, ...evaluated.handle.facts },
    prices: pricesOf(prices, models),
  });
}

/** Begins the log of an evaluation; without a resource, nothing was leased for it. */
export async function beginLog(
  { source, options }: EvaluationPlan,
  log: EvaluationLog,
  { concurrency, ...leased }: { readonly concurrency: number } & Pick<HeaderRecord, 'resource' | 'prices'>,
): Promise<void> {
  const { trials, timeoutMs, maxWaitMs, stopAfterEqualErrors, retries, onLost } = options;
  const { samples = null, shuffle = null, transcripts = 'all' } = options;
  log.begin({
    ...leased,
    dataset: { name: source.name, hash: await source.hash() },
    options: {
      ...{ concurrency, trials, timeoutMs, maxWaitMs, stopAfterEqualErrors, retries, onLost },
      ...{ samples, shuffle, transcripts },
      ...(options.maxCost !== undefined && { maxCost: options.maxCost }),
    },
  });
}
