import { isModelProviderError, messageOf, ModelProviderError, type ErrorCode } from './errors';
import type { LeasedResource } from './leased-resource';
import { teardownEach } from './model-provider';
import { resourceKey } from './resource-spec';

/**
 * Leases all of `resources`, or none: after a failure those that were leased are given back. One after the other, in an order
 * that is the same everywhere, so that two blocks that want the same wait for each other instead of in a circle.
 *
 * That order cannot help where several are slots of one provider, two of which each of two blocks holds one. The session then
 * refuses one block, which gives back what it has, so that the other goes on, and asks again, first for what it was refused.
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
    // Whoever holds nothing that another waits for cannot help by giving back.
    if (at === 0 || !isCrossing(error)) throw error;
    order = [...order.slice(at, at + 1), ...order.slice(0, at), ...order.slice(at + 1)];
  }
}

/** Ends leases one after the other, the last one first, also when some fail. Throws as {@link teardownEach} does. */
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

/** Whether a request was refused because others wait too, who may go on once this one has given back. */
function isCrossing(error: unknown): boolean {
  if (!isModelProviderError(error, 'DEADLOCK')) return false;
  const { others } = error.details;
  return Array.isArray(others) && others.length > 0;
}

function keyOf({ request: { provider, name, config } }: LeasedResource): string {
  return resourceKey(provider, name, config);
}
