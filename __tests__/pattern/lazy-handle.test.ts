import { caught } from '../support/caught';
import { enterOwnRuntime, leaveRuntimeAfterEach, OwnProvider, type OwnSessionClient } from './own-runtime';

leaveRuntimeAfterEach();

let provider: OwnProvider;
let client: OwnSessionClient;
beforeEach(() => {
  provider = new OwnProvider();
  client = enterOwnRuntime({ own: provider });
});

/** Makes the next leases wait until the returned function is called. */
function holdGrants(): () => void {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  client.grant = (lease) => opened.then(() => lease);
  return open;
}

test('a lazy handle that nobody uses sets nothing up, and its teardown does nothing', async () => {
  const lazy = provider.request('one');
  expect(lazy.isSetUp).toBe(false);
  await lazy.teardown();
  expect(client.requests).toEqual([]);
});

test('the first get sets the resource up with its config, later ones give the same handle', async () => {
  const lazy = provider.request('one', { size: 2 });
  const handle = await lazy.get();
  expect(lazy.isSetUp).toBe(true);
  expect(await lazy.get()).toBe(handle);
  expect(client.requests).toMatchObject([{ provider: 'own', name: 'one', config: { size: 2 } }]);
});

test('two gets at the same time share one setup', async () => {
  const lazy = provider.request('one');
  const [a, b] = await Promise.all([lazy.get(), lazy.get()]);
  expect(a).toBe(b);
  expect(client.requests).toHaveLength(1);
});

test('a failed setup fails all who share it, and is tried again by the next get', async () => {
  const lazy = provider.request('one');
  client.grant = () => Promise.reject(new Error('no memory'));
  const results = await Promise.allSettled([lazy.get(), lazy.get()]);
  for (const result of results) {
    expect(result).toMatchObject({ status: 'rejected', reason: { message: 'no memory' } });
  }
  expect(client.requests).toHaveLength(1);
  expect(lazy.isSetUp).toBe(false);

  client.grant = (lease) => lease;
  expect((await lazy.get()).isActive).toBe(true);
  expect(lazy.isSetUp).toBe(true);
});

test('teardown after a failed setup does nothing', async () => {
  const lazy = provider.request('one');
  client.grant = () => Promise.reject(new Error('no memory'));
  await caught(lazy.get());
  await lazy.teardown();
  expect(client.leases).toEqual([]);
});

test('teardown during a setup waits for it and then tears it down', async () => {
  const open = holdGrants();
  const lazy = provider.request('one');
  const getting = lazy.get();
  let ended = false;
  const teardown = lazy.teardown().then(() => (ended = true));
  while (client.requests.length === 0) await Promise.resolve();
  expect(ended).toBe(false);
  open();
  await teardown;
  expect((await getting).isActive).toBe(false);
  expect(lazy.isSetUp).toBe(false);
  expect(client.leases.map(({ releases }) => releases)).toEqual([1]);
});

test('teardown during a setup that then fails does not fail itself', async () => {
  const open = holdGrants();
  const lazy = provider.request('one');
  provider.create = () => {
    throw new Error('no client');
  };
  const getting = caught(lazy.get());
  const teardown = lazy.teardown();
  open();
  await teardown;
  expect((await getting).code).toBe('CLIENT_FAILED');
});

test('teardown is idempotent, also twice at once', async () => {
  const lazy = provider.request('one');
  await lazy.get();
  await Promise.all([lazy.teardown(), lazy.teardown()]);
  await lazy.teardown();
  expect(client.leases.map(({ releases }) => releases)).toEqual([1]);
  expect(lazy.isSetUp).toBe(false);
});

test('get after teardown sets the resource up anew', async () => {
  const lazy = provider.request('one');
  const first = await lazy.get();
  await lazy.teardown();
  const second = await lazy.get();
  expect(second).not.toBe(first);
  expect([first.isActive, second.isActive]).toEqual([false, true]);
  expect(client.requests).toHaveLength(2);
  await lazy.teardown();
  expect(client.leases.map(({ releases }) => releases)).toEqual([1, 1]);
});

test('get during a teardown sets the resource up anew, and gives no handle that is being closed', async () => {
  const lazy = provider.request('one');
  await lazy.get();
  const teardown = lazy.teardown();
  const second = await lazy.get();
  await teardown;
  expect(second.isActive).toBe(true);
  expect(lazy.isSetUp).toBe(true);
  await lazy.teardown();
  expect(client.leases.map(({ releases }) => releases)).toEqual([1, 1]);
});

test('a failed teardown is reported and can be repeated', async () => {
  const lazy = provider.request('one');
  await lazy.get();
  client.leases[0]!.releaseSteps.push(() => Promise.reject(new Error('busy')));
  expect((await caught(lazy.teardown())).message).toBe('busy');
  await lazy.teardown();
  expect(client.leases[0]!.releases).toBe(2);
  expect((await lazy.get()).isActive).toBe(true);
});

test('await using tears a lazy handle down at the end of its block', async () => {
  {
    await using lazy = provider.request('one');
    await lazy.get();
  }
  expect(client.leases.map(({ releases }) => releases)).toEqual([1]);
});
