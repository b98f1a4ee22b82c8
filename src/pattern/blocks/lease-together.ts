import { isModelProviderError, messageOf, ModelProviderError, type ErrorCode } from '../../base/errors';
import type { LeasedResource } from './leased-resource';
import { resourceKey } from '../resource-spec';
import { teardownEach } from '../teardown-each';

/**
 * Leases all of `resources`, or none: after a failure those that were leased are given back. Resources are
 * leased one after the other, in the same order in every block, so that two blocks that want the same
 * resources queue instead of deadlocking.
 *
 * That order does not help where two blocks want two resources of one provider and each holds one of its
 * places. The session then refuses one of the blocks. That block gives back what it holds, so that the other
 * can go on, and asks again, first for the resource that was refused.
 *
 * @returns the resources in the order in which they were leased.
 * @throws ModelProviderError what the first failing setup throws; failures to give back are in its message.
 */
export async function leaseTogether(
  resources: readonly LeasedResource[],
  signal: AbortSignal,
): Promise<readonly LeasedResource[]> {
  let order = resources
    .map((resource) => ({ resource, key: keyOf(resource) }))
    .sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map(({ resource }) => resource);
  for (;;) {
    const failure = await leaseInTurn(order, signal);
    if (failure === undefined) return order;
    const { error, at } = failure;
    await giveBack(order.slice(0, at), error);
    // A block that holds nothing cannot give back, and a block that waits for itself does not end that way.
    if (at === 0 || !isCrossing(error)) throw error;
    order = [...order.slice(at, at + 1), ...order.slice(0, at), ...order.slice(at + 1)];
  }
}

/**
 * Ends leases one after the other, the last one first. A failure does not stop it.
 *
 * @throws as {@link teardownEach} does.
 */
export async function teardownInTurn(resources: readonly LeasedResource[]): Promise<void> {
  let before = Promise.resolve();
  const steps = [...resources].reverse().map(({ handle }) => ({
    teardown: () => {
      const step = before.then(() => handle.teardown());
      before = step.catch(() => undefined);
      return step;
    },
  }));
  await teardownEach(steps);
}

async function leaseInTurn(
  order: readonly LeasedResource[],
  signal: AbortSignal,
): Promise<{ error: unknown; at: number } | undefined> {
  for (const [at, resource] of order.entries()) {
    try {
      await resource.lease(signal);
    } catch (error) {
      return { error, at };
    }
  }
  return undefined;
}

async function giveBack(leased: readonly LeasedResource[], error: unknown): Promise<void> {
  try {
    await teardownInTurn(leased);
  } catch (second) {
    const [code, details] = isModelProviderError(error)
      ? [error.code, error.details]
      : ['SETUP_FAILED' as ErrorCode, {}];
    throw new ModelProviderError(
      code,
      `${messageOf(error)}\nWhat had been set up with it could not be torn down: ${messageOf(second)}`,
      { details, cause: new AggregateError([error, second]) },
    );
  }
}

/** Whether a deadlock with other waiters was the reason: they can go on once this block has given back. */
function isCrossing(error: unknown): boolean {
  if (!isModelProviderError(error, 'DEADLOCK')) return false;
  const { others } = error.details;
  return Array.isArray(others) && others.length > 0;
}

function keyOf({ request: { provider, name, config } }: LeasedResource): string {
  return resourceKey(provider, name, config);
}
