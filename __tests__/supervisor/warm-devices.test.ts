import type { ProviderConstraints } from '../../src/pattern/constraints';
import type { DeviceNeed } from '../../src/pattern/device-need';
import type { Json } from '../../src/base/json';
import { caught } from '../support/caught';
import { ownPlaces } from '../support/own-places';
import { closeOwnSessions, ScriptedProvider } from '../session/own-session';
import { closeClients, ownRun, ownSupervisor } from './own-supervisor';

ownPlaces();
closeOwnSessions();
closeClients();

/** Its models take one of two GPUs, or as many as their config says. */
class OnGpus extends ScriptedProvider {
  pool = ['gpu:0', 'gpu:1'];
  /** The devices of each resource that was made, by its name. */
  readonly on: Record<string, readonly string[]> = {};

  constructor(constraints: Partial<ProviderConstraints> = {}) {
    super({ retain: 'session', ...constraints }, (name, { devices }) => {
      this.on[name] = devices;
      return { name };
    });
  }

  override devices = (_name: string, config: Json | undefined): DeviceNeed => ({
    pool: this.pool,
    count: (config as { count?: number } | undefined)?.count ?? 1,
  });

  override identity = (): Json => 'v1';
}

test('a run that has a warm model and one of its own uses both GPUs, in whatever order it asks', async () => {
  for (const order of [
    ['a', 'b'],
    ['b', 'a'],
  ]) {
    const supervisor = await ownSupervisor({ gpu: new OnGpus() });
    await supervisor.up('gpu:a');
    const own = new OnGpus();
    const run = await ownRun({ gpu: own });
    const holder = run.holder();
    for (const name of order) await holder.ask(`gpu:${name}`);
    expect(own.on).toEqual({ b: ['gpu:1'] });
    expect(run.said).toEqual([]);
    await run.session.close();
    await supervisor.session.close();
  }
});

test('two that ask at once for the warm model on the second GPU and for another one do not get in their way', async () => {
  const warm = new OnGpus();
  const supervisor = await ownSupervisor({ gpu: warm });
  await supervisor.up('gpu:x', 'gpu:a');
  expect(warm.on).toEqual({ x: ['gpu:0'], a: ['gpu:1'] });
  await (await supervisor.client()).down(['gpu:x']);
  const own = new OnGpus();
  const run = await ownRun({ gpu: own });
  const holder = run.holder();
  await Promise.all([holder.ask('gpu:a'), holder.ask('gpu:b')]);
  expect(own.on).toEqual({ b: ['gpu:0'] });
});

test('a warm model counts on the GPU that it is on, until it is given back', async () => {
  const supervisor = await ownSupervisor({ gpu: new OnGpus() });
  await supervisor.up('gpu:x', 'gpu:a');
  const own = new OnGpus();
  const run = await ownRun({ gpu: own });
  const holder = run.holder();
  // On gpu:1, though it is the first that the run asks for.
  await holder.ask('gpu:a');
  await holder.ask('gpu:b');
  expect(own.on).toEqual({ b: ['gpu:0'] });
  expect(run.said).toEqual(['jest-model-provider: ended warm "gpu:x": "gpu:b" needs its place']);
});

test('a warm model counts on the GPU that it is on also where the run would have found another one for it', async () => {
  const own = new OnGpus();
  const run = await ownRun({ gpu: own });
  const holder = run.holder();
  await holder.ask('gpu:b');
  // It does not know of the run.
  const supervisor = await ownSupervisor({ gpu: new OnGpus() });
  await supervisor.up('gpu:a');
  await holder.ask('gpu:a');
  await holder.ask('gpu:c');
  expect(own.on).toEqual({ b: ['gpu:0'], c: ['gpu:1'] });
});

test('a warm model on another GPU makes no room, also while another run uses it', async () => {
  const supervisor = await ownSupervisor({ gpu: new OnGpus() });
  await supervisor.up('gpu:a');
  await (await ownRun({ gpu: new OnGpus() })).holder().ask('gpu:a');
  const own = new OnGpus();
  const second = await ownRun({ gpu: own });
  await second.holder().ask('gpu:b');
  expect(own.on).toEqual({ b: ['gpu:1'] });
  expect((await supervisor.status()).resources.map(({ spec }) => spec)).toEqual(['gpu:a']);
});

test('a model that is spread over two GPUs needs the places of the warm ones on both', async () => {
  const supervisor = await ownSupervisor({ gpu: new OnGpus() });
  await supervisor.up('gpu:a', 'gpu:b');
  const run = await ownRun({ gpu: new OnGpus() });
  await run.holder().ask('gpu:large', { config: { count: 2 } });
  expect(run.said).toEqual([
    'jest-model-provider: ended warm "gpu:a": "gpu:large" needs its place',
    'jest-model-provider: ended warm "gpu:b": "gpu:large" needs its place',
  ]);
});

test('where one of its GPUs is used by another run, nothing is ended, and the message names who uses it', async () => {
  const supervisor = await ownSupervisor({ gpu: new OnGpus() });
  await supervisor.up('gpu:a', 'gpu:b');
  await (await ownRun({ gpu: new OnGpus() })).holder().ask('gpu:b');
  const second = await ownRun({ gpu: new OnGpus() });
  const me = `jest (pid ${process.pid}) in ${process.cwd()}`;
  expect(await caught(second.holder().ask('gpu:large', { config: { count: 2 } }))).toMatchObject({
    code: 'WARM_RESOURCE_IN_USE',
    message: `"gpu:large" has no place: the supervisor (pid ${process.pid}) keeps resources warm, and "gpu:b" is in use by ${me}. Wait until that has ended, and try again.`,
  });
  expect((await supervisor.status()).resources.map(({ spec }) => spec)).toEqual(['gpu:a', 'gpu:b']);
});

test('the models of two providers keep out of each other on the same GPU', async () => {
  const supervisor = await ownSupervisor({ one: new OnGpus(), two: new OnGpus() });
  await supervisor.up('one:a', 'one:b');
  const own = new OnGpus();
  const run = await ownRun({ one: new OnGpus(), two: own });
  await run.holder().ask('two:c');
  expect(own.on).toEqual({ c: ['gpu:0'] });
  expect(run.said).toEqual(['jest-model-provider: ended warm "one:a": "two:c" needs its place']);
});

test('a warm model on a GPU that the run must not use is not used, and the run says why', async () => {
  const supervisor = await ownSupervisor({ gpu: new OnGpus() });
  await supervisor.up('gpu:a');
  const own = new OnGpus();
  own.pool = ['gpu:1'];
  const run = await ownRun({ gpu: own });
  await run.holder().ask('gpu:a');
  expect(own.on).toEqual({ a: ['gpu:1'] });
  expect(run.said).toEqual([
    'jest-model-provider: warm "gpu:a" is not used: it is on gpu:0, which is not for this run',
  ]);
});

test('as many are kept warm at once as there are GPUs, and no more', async () => {
  const supervisor = await ownSupervisor({ gpu: new OnGpus() });
  expect((await supervisor.up('gpu:a', 'gpu:b')).loaded).toEqual(['gpu:a', 'gpu:b']);
  expect((await caught(supervisor.up('gpu:a', 'gpu:b', 'gpu:c'))).message).toBe(
    `3 resources of "gpu" cannot be warm at once: its maxLive is 1 on each of gpu:0, gpu:1. Name fewer, or raise the provider's maxLive.`,
  );
});
