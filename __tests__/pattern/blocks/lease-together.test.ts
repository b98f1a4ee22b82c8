import { ModelProviderError } from '../../../src/base/errors';
import type { SessionLease } from '../../../src/pattern/session-client';
import { leaseTogether, teardownInTurn } from '../../../src/pattern/blocks/lease-together';
import { LeasedResource } from '../../../src/pattern/blocks/leased-resource';
import { parseRequest } from '../../../src/pattern/resource-spec';
import { caught } from '../../support/caught';
import { enterOwnRuntime, leaveRuntimeAfterEach, OwnProvider, type OwnSessionClient } from '../own-runtime';

leaveRuntimeAfterEach();

const { signal } = new AbortController();
let client: OwnSessionClient;
/** The steps of all leases, in order. */
let steps: string[];
/** The errors with which the next requests of a resource are refused. */
let refusals: Record<string, (Error | undefined)[]>;
beforeEach(() => {
  client = enterOwnRuntime({ left: new OwnProvider(), right: new OwnProvider() });
  [steps, refusals] = [[], {}];
  client.grant = (lease, { provider, name }): Promise<SessionLease> => {
    const spec = `${provider}:${name}`;
    steps.push(`ask ${spec}`);
    const refusal = refusals[spec]?.shift();
    if (refusal !== undefined) return Promise.reject(refusal);
    lease.releaseSteps.push(() => void steps.push(`release ${spec}`));
    return Promise.resolve(lease);
  };
});

function resources(...specs: string[]): LeasedResource[] {
  return specs.map((spec) => new LeasedResource(parseRequest(spec, client.providerNames), spec));
}

function deadlock(...others: string[]): ModelProviderError {
  return new ModelProviderError('DEADLOCK', 'can never be granted', { details: { others } });
}

test.each([[['right:a', 'left:b', 'left:a']], [['left:b', 'left:a', 'right:a']]])(
  'whatever the order of the names, %j, setups come in the same order, one after the other',
  async (specs) => {
    const order = await leaseTogether(resources(...specs), signal);
    expect(steps).toEqual(['ask left:a', 'ask left:b', 'ask right:a']);
    expect(order.map(({ label }) => label)).toEqual(['left:a', 'left:b', 'right:a']);
    expect(order.every(({ handle }) => handle.isActive)).toBe(true);
  },
);

test('a setup that fails gives those before it back, the last one first, and the rest is not asked for', async () => {
  const failure = new Error('no memory');
  refusals['right:a'] = [failure];
  const wanted = resources('left:a', 'left:b', 'right:a', 'right:b');
  expect(await caught(leaseTogether(wanted, signal))).toBe(failure);
  expect(steps).toEqual(['ask left:a', 'ask left:b', 'ask right:a', 'release left:b', 'release left:a']);
  expect(wanted.some(({ handle }) => handle.isActive)).toBe(false);
});

test('a setup that fails is told together with the teardowns that fail after it', async () => {
  const failure = new ModelProviderError('SETUP_TIMEOUT', 'too slow', { details: { ms: 5 } });
  refusals['right:a'] = [failure];
  const grant = client.grant;
  client.grant = (lease, request) => {
    lease.releaseSteps.push(() => Promise.reject(new Error(`${request.name} is busy`)));
    return grant(lease, request);
  };
  expect(await caught(leaseTogether(resources('left:a', 'left:b', 'right:a'), signal))).toMatchObject({
    code: 'SETUP_TIMEOUT',
    message:
      'too slow\nWhat had been set up with it could not be torn down: 2 of 2 teardowns failed:\n- b is busy\n- a is busy',
    details: { ms: 5 },
    cause: { errors: [failure, { code: 'TEARDOWN_FAILED' }] },
  });
});

test('of two that cross the refused one gives back what it has, and asks again, first for what it was refused', async () => {
  refusals['left:b'] = [deadlock('left:c')];
  const wanted = resources('left:a', 'left:b', 'right:a');
  const order = await leaseTogether(wanted, signal);
  expect(steps).toEqual([
    'ask left:a',
    'ask left:b',
    'release left:a',
    'ask left:b',
    'ask left:a',
    'ask right:a',
  ]);
  expect(order.map(({ label }) => label)).toEqual(['left:b', 'left:a', 'right:a']);
  expect(wanted.every(({ handle }) => handle.isActive)).toBe(true);
});

test('a block that deadlocks with itself is refused at once, since giving back would not help', async () => {
  refusals['left:b'] = [deadlock()];
  expect(await caught(leaseTogether(resources('left:a', 'left:b'), signal))).toMatchObject({
    code: 'DEADLOCK',
  });
  expect(steps).toEqual(['ask left:a', 'ask left:b', 'release left:a']);
});

test('a block that is refused while it holds nothing does not ask again: the blocks around it are in the cycle', async () => {
  refusals['left:b'] = [deadlock('left:c'), deadlock('left:c')];
  expect(await caught(leaseTogether(resources('left:a', 'left:b'), signal))).toMatchObject({
    code: 'DEADLOCK',
  });
  expect(steps).toEqual(['ask left:a', 'ask left:b', 'release left:a', 'ask left:b']);
});

test('leases end one after the other, the last one first, also when one fails', async () => {
  const order = await leaseTogether(resources('left:a', 'left:b', 'right:a'), signal);
  const [, middle] = client.leases;
  middle?.releaseSteps.unshift(() => Promise.reject(new Error('b is busy')));
  await expect(teardownInTurn(order)).rejects.toThrow('b is busy');
  expect(steps.slice(3)).toEqual(['release right:a', 'release left:a']);
});
