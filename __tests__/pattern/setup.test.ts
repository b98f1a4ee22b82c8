import { runInNewContext } from 'node:vm';
import { ModelProviderError } from '../../src/base/errors';
import { caught } from '../support/caught';
import { enterOwnRuntime, leaveRuntimeAfterEach, OwnProvider, type OwnSessionClient } from './own-runtime';

leaveRuntimeAfterEach();

let provider: OwnProvider;
let client: OwnSessionClient;
beforeEach(() => {
  provider = new OwnProvider();
  client = enterOwnRuntime({ other: new OwnProvider(), own: provider });
});

test('a setup asks the session client for the resource by the prefix of its provider, and hands its signal over', async () => {
  const { signal } = new AbortController();
  await provider.setup('a/b:c', { size: 1 }, { signal });
  expect(client.requests).toEqual([{ provider: 'own', name: 'a/b:c', config: { size: 1 }, signal }]);
  expect(client.adopted).toEqual([]);
});

test('a provider that has no prefix here is adopted by the session client', async () => {
  const unnamed = new OwnProvider();
  const handle = await unnamed.setup('one');
  expect(client.adopted).toEqual([unnamed]);
  expect(handle.resourceId).toBe('adopted:one#1');
});

test('the client is made from the connection of the lease, and waited for', async () => {
  provider.create = async (connection, { resourceId, signal }) => {
    expect([resourceId, signal.aborted]).toEqual(['own:one#1', false]);
    return Promise.resolve({ connection });
  };
  const { client } = await provider.setup('one');
  expect(client).toEqual({ connection: { port: 1 } });
});

test.each([
  [
    'throws',
    () => {
      throw new Error('no route');
    },
  ],
  ['rejects', () => Promise.reject(new Error('no route'))],
])(
  'a client whose making %s gives the lease back, and the setup fails with the cause',
  async (_how, create) => {
    provider.create = create;
    const error = await caught(provider.setup('one'));
    expect(error).toMatchObject({
      code: 'CLIENT_FAILED',
      message: 'The client of "own:one" could not be made: no route',
      cause: new Error('no route'),
      details: { resourceId: 'own:one#1' },
    });
    expect(client.leases.map(({ releases }) => releases)).toEqual([1]);
  },
);

test('a coded error of createClient stays what it is', async () => {
  const refused = new ModelProviderError('ENDPOINT_REFUSED', 'wrong key');
  provider.create = () => Promise.reject(refused);
  expect(await caught(provider.setup('one'))).toBe(refused);
  expect(client.leases.map(({ releases }) => releases)).toEqual([1]);
});

test('a lease that cannot even be given back does not hide why the client failed', async () => {
  client.grant = (lease) => {
    lease.releaseSteps.push(() => Promise.reject(new Error('busy')));
    return lease;
  };
  provider.create = () => Promise.reject(new Error('no route'));
  expect(await caught(provider.setup('one'))).toMatchObject({ code: 'CLIENT_FAILED' });
});

test('a setup that failed leaves nothing for teardownAll, and can be tried again', async () => {
  provider.create = () => Promise.reject(new Error('no route'));
  await caught(provider.setup('one'));
  await provider.teardownAll();
  expect(client.leases.map(({ releases }) => releases)).toEqual([1]);
  provider.create = (connection) => ({ connection });
  expect((await provider.setup('one')).isActive).toBe(true);
});

test('a resource that is lost while its client is made aborts the making with the reason', async () => {
  provider.create = (_connection, { signal }) => {
    client.leases[0]!.lose({ code: 'RESOURCE_LOST', message: 'it died', details: {} });
    signal.throwIfAborted();
    throw new Error('not aborted');
  };
  expect(await caught(provider.setup('one'))).toMatchObject({ code: 'RESOURCE_LOST', message: 'it died' });
  expect(client.leases.map(({ releases }) => releases)).toEqual([1]);
});

test('an error of the session client is one of this realm, with its code and details', async () => {
  client.grant = () =>
    Promise.reject(
      runInNewContext(
        `Object.assign(new Error('no memory'), { code: 'SETUP_FAILED', details: { exit: 1 } })`,
      ),
    );
  const error = await caught(provider.setup('one'));
  expect(error).toBeInstanceOf(ModelProviderError);
  expect(error).toMatchObject({ code: 'SETUP_FAILED', message: 'no memory', details: { exit: 1 } });
});

test('an error of the session client at teardown is one of this realm too', async () => {
  const handle = await provider.setup('one');
  client.leases[0]!.releaseSteps.push(() => {
    throw runInNewContext(`Object.assign(new Error('busy'), { code: 'TEARDOWN_FAILED', details: {} })`);
  });
  const error = await caught(handle.teardown());
  expect(error).toBeInstanceOf(ModelProviderError);
  expect(error).toMatchObject({ code: 'TEARDOWN_FAILED', message: 'busy' });
});

test('teardown by id ends the leases of that resource alone', async () => {
  const [one, two] = [await provider.setup('one'), await provider.setup('two')];
  await provider.teardown(one.resourceId);
  await provider.teardown('own:nobody#9');
  expect([one.isActive, two.isActive]).toEqual([false, true]);
});

test('teardownAll attempts every teardown and reports all failures together', async () => {
  for (const name of ['one', 'two', 'three']) await provider.setup(name);
  client.leases[0]!.releaseSteps.push(() => Promise.reject(new Error('first is busy')));
  client.leases[1]!.releaseSteps.push(() => Promise.reject(new Error('second is busy')));
  expect(await caught(provider.teardownAll())).toMatchObject({
    code: 'TEARDOWN_FAILED',
    message: '2 of 3 teardowns failed:\n- first is busy\n- second is busy',
  });
  expect(client.leases.map(({ releases }) => releases)).toEqual([1, 1, 1]);
});
