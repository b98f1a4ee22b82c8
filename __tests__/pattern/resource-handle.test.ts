import { inspect } from 'node:util';
import { ResourceHandle } from '../../src/pattern/resource-handle';
import { caught } from '../support/caught';
import {
  enterOwnRuntime,
  leaveRuntimeAfterEach,
  OwnProvider,
  type OwnSessionClient,
  type OwnLease,
} from './own-runtime';
import { thrown } from '../support/thrown';

leaveRuntimeAfterEach();

let provider: OwnProvider;
let client: OwnSessionClient;
beforeEach(() => {
  provider = new OwnProvider();
  client = enterOwnRuntime({ own: provider });
});

async function setUp(): Promise<{ handle: ResourceHandle<{ connection: unknown }>; lease: OwnLease }> {
  const handle = await provider.setup('one');
  return { handle, lease: client.leases[0]! };
}

test('a handle before its setup is not active and says when it can be read', () => {
  const handle = new ResourceHandle();
  expect(handle.isActive).toBe(false);
  expect(handle.resourceId).toBe('');
  for (const property of ['client', 'manager'] as const) {
    expect(thrown(() => handle[property])).toMatchObject({
      code: 'HANDLE_NOT_READY',
      message: `handle.${property} was read before the resource was set up: read it inside a test or hook, but not in beforeAll where each test has its own, and do not destructure the handle.`,
    });
  }
});

test('a handle of a lease has its client, its provider and its resource', async () => {
  const { handle, lease } = await setUp();
  expect(handle.isActive).toBe(true);
  expect(handle.client).toEqual({ connection: { port: 1 } });
  expect(handle.client).toBe(handle.client);
  expect(handle.manager).toBe(provider);
  expect(handle.resourceId).toBe(lease.resourceId);
});

test('a handle after teardown still names its provider and resource, but has no client', async () => {
  const { handle, lease } = await setUp();
  await handle.teardown();
  expect(handle.isActive).toBe(false);
  expect(handle.manager).toBe(provider);
  expect(handle.resourceId).toBe(lease.resourceId);
  expect(thrown(() => handle.client)).toMatchObject({
    code: 'HANDLE_CLOSED',
    message: 'The lease of "own:one#1" was torn down: set the resource up again to use it.',
  });
});

test('a lost resource makes the client throw what became of it, until teardown', async () => {
  const { handle, lease } = await setUp();
  lease.lose({ code: 'RESOURCE_LOST', message: 'it exited with code 0', details: { exit: 0 } });
  expect(handle.isActive).toBe(false);
  expect(thrown(() => handle.client)).toMatchObject({
    code: 'RESOURCE_LOST',
    message: 'it exited with code 0',
    details: { exit: 0 },
  });
  await handle.teardown();
  expect(lease.releases).toBe(1);
  expect(provider.disposed).toHaveLength(1);
  expect(thrown(() => handle.client).code).toBe('HANDLE_CLOSED');
});

test('teardown disposes the client, then gives the lease back', async () => {
  const { handle, lease } = await setUp();
  const { client } = handle;
  const steps: string[] = [];
  provider.dispose = () => void steps.push('dispose');
  lease.releaseSteps.push(() => void steps.push('release'));
  await handle.teardown();
  expect(steps).toEqual(['dispose', 'release']);
  expect(provider.disposed).toEqual([client]);
});

test('calls that are under way at teardown are aborted with the reason', async () => {
  let signal: AbortSignal | undefined;
  provider.create = (connection, context) => {
    signal = context.signal;
    return { connection };
  };
  const { handle } = await setUp();
  expect(signal?.aborted).toBe(false);
  await handle.teardown();
  expect(signal?.reason).toMatchObject({ code: 'HANDLE_CLOSED' });
});

test('teardown before any setup does nothing', async () => {
  await expect(new ResourceHandle().teardown()).resolves.toBeUndefined();
});

test('teardown is idempotent: the client is disposed once', async () => {
  const { handle } = await setUp();
  await handle.teardown();
  await handle.teardown();
  expect(provider.disposed).toHaveLength(1);
});

test('two teardowns at once are one, and both wait for its end', async () => {
  const { handle, lease } = await setUp();
  let finish: () => void = () => undefined;
  lease.releaseSteps.push(() => new Promise<void>((resolve) => (finish = resolve)));
  const ended: string[] = [];
  const both = [
    handle.teardown().then(() => ended.push('first')),
    handle.teardown().then(() => ended.push('second')),
  ];
  while (lease.releases === 0) await Promise.resolve();
  expect(ended).toEqual([]);
  finish();
  await Promise.all(both);
  expect(ended).toHaveLength(2);
  expect(lease.releases).toBe(1);
  expect(provider.disposed).toHaveLength(1);
});

test('a failed release is reported to all who wait, and can be repeated without disposing the client again', async () => {
  const { handle, lease } = await setUp();
  lease.releaseSteps.push(() => Promise.reject(new Error('the data directory is busy')));
  const results = await Promise.allSettled([handle.teardown(), handle.teardown()]);
  for (const result of results) {
    expect(result).toMatchObject({ status: 'rejected', reason: { message: 'the data directory is busy' } });
  }
  expect(handle.isActive).toBe(false);
  await handle.teardown();
  expect(lease.releases).toBe(2);
  expect(provider.disposed).toHaveLength(1);
});

test('a handle whose release failed still counts as one of the provider, until a release succeeds', async () => {
  const { lease } = await setUp();
  lease.releaseSteps.push(() => Promise.reject(new Error('busy')));
  await caught(provider.teardownAll());
  await provider.teardownAll();
  await provider.teardownAll();
  expect(lease.releases).toBe(2);
});

test.each([
  ['an error', new Error('socket stuck')],
  ['a text', 'socket stuck'],
])(
  'a client that cannot be closed, by %s, is reported once, and its lease is given back',
  async (_what, reason) => {
    const { handle, lease } = await setUp();
    provider.dispose = () => Promise.reject(reason);
    expect(await caught(handle.teardown())).toMatchObject({
      code: 'TEARDOWN_FAILED',
      message: 'The client of "own:one#1" could not be closed: socket stuck',
      cause: reason,
      details: { resourceId: 'own:one#1' },
    });
    expect(lease.releases).toBe(1);
    await handle.teardown();
    expect(provider.disposed).toHaveLength(1);
  },
);

test('when neither the client can be closed nor the lease given back, both are reported', async () => {
  const { handle, lease } = await setUp();
  provider.dispose = () => Promise.reject(new Error('socket stuck'));
  lease.releaseSteps.push(() => Promise.reject(new Error('the data directory is busy')));
  const error = await caught(handle.teardown());
  expect(error.code).toBe('TEARDOWN_FAILED');
  expect(error.message).toMatch('socket stuck');
  expect(error.message).toMatch('the data directory is busy');
});

test('await using tears the handle down at the end of its block, also when the block throws', async () => {
  const work = async (): Promise<void> => {
    await using handle = await provider.setup('one');
    expect(handle.isActive).toBe(true);
    throw new Error('from the block');
  };
  await expect(work()).rejects.toThrow('from the block');
  expect(client.leases.map(({ releases }) => releases)).toEqual([1]);
});

test('a handle can be printed and compared in every state', async () => {
  const { handle, lease } = await setUp();
  const print = (printed: ResourceHandle): void => {
    expect(() => inspect(printed, { showHidden: true, getters: true, depth: Infinity })).not.toThrow();
    expect(printed).toMatchInlineSnapshot(`ResourceHandle {}`);
    expect(JSON.stringify(printed)).toBe('{}');
    expect(printed).toEqual(printed);
  };
  print(new ResourceHandle());
  print(handle);
  lease.lose({ code: 'RESOURCE_LOST', message: 'gone', details: {} });
  print(handle);
  await handle.teardown();
  print(handle);
});
