import type { DeviceNeed } from '../../../src/pattern/device-need';
import type { LeaseAccount } from '../../../src/session/broker/lease-account';
import { ownPlaces } from '../../support/own-places';
import { closeOwnSessions, gate, openOwnSession, ScriptedProvider, type OwnSession } from '../own-session';

ownPlaces();
closeOwnSessions();

/** Its models take one GPU each. */
class OnGpus extends ScriptedProvider {
  readonly pool: readonly string[];
  /** What is waited for before it says which devices it needs. */
  known: Promise<unknown> = Promise.resolve();

  constructor(...pool: string[]) {
    super({ retain: 'session' });
    this.pool = pool;
  }

  override devices = async (): Promise<DeviceNeed> => {
    await this.known;
    return { pool: this.pool, count: 1 };
  };
}

interface TestFile {
  readonly name: string;
  readonly account: LeaseAccount;
  /** Leases a model for this file; the result is its lease. */
  ask(model: string): Promise<string>;
}

/** A test file that begins, and is going to ask for a model. */
function begin({ session }: OwnSession, name: string, model: string): TestFile {
  const request = { provider: 'gpu', config: undefined, label: model };
  void session.reservations.begin(name, { ...request, name: model });
  const account = session.connect(() => undefined, { name, reservation: name });
  const ask = async (wanted: string): Promise<string> => {
    const asked = { ...request, name: wanted, holding: [], requester: name };
    return (await account.lease(asked)).leaseId;
  };
  return { name, account, ask };
}

const loads = ({ session }: OwnSession): string[] =>
  session.record.events.flatMap((event) =>
    event.type === 'starting' ? [`${event.spec} on ${event.devices.join()}`] : [],
  );

/** Whether a promise is settled once everything else has had its turn. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const turn = new Promise((resolve) => setTimeout(() => resolve('pending'), 20));
  return (await Promise.race([promise, turn])) === 'pending';
}

test('the GPU that a file has reserved is kept for it until it ends, also from a file that asks sooner', async () => {
  const own = await openOwnSession({ gpu: new OnGpus('gpu:0') });
  const first = begin(own, 'first.eval.js', 'a');
  const second = begin(own, 'second.eval.js', 'b');
  const b = second.ask('b');
  expect(await isPending(b)).toBe(true);
  await first.account.release(await first.ask('a'));
  // It may come back for the same model.
  expect(await isPending(b)).toBe(true);
  await first.ask('a');
  await first.account.close();
  own.session.reservations.end(first.name);
  await b;
  expect(loads(own)).toEqual(['gpu:a on gpu:0', 'gpu:b on gpu:0']);
});

test('a file takes a GPU that no earlier file needs', async () => {
  const own = await openOwnSession({ gpu: new OnGpus('gpu:0', 'gpu:1') });
  const first = begin(own, 'first.eval.js', 'a');
  const second = begin(own, 'second.eval.js', 'b');
  await second.ask('b');
  await first.ask('a');
  expect(loads(own)).toEqual(['gpu:b on gpu:1', 'gpu:a on gpu:0']);
});

test('reservations on other GPUs hold nobody back', async () => {
  const own = await openOwnSession({ gpu: new OnGpus('gpu:0'), other: new OnGpus('gpu:1') });
  begin(own, 'first.eval.js', 'a');
  await own.holder().ask('other:b');
  expect(loads(own)).toEqual(['other:b on gpu:1']);
});

test('a file that asks sooner than it is known what an earlier file needs waits for that', async () => {
  const gpu = new OnGpus('gpu:0');
  const own = await openOwnSession({ gpu });
  const said = gate();
  gpu.known = said.passed;
  const first = begin(own, 'first.eval.js', 'a');
  gpu.known = Promise.resolve();
  const second = begin(own, 'second.eval.js', 'b');
  const b = second.ask('b');
  expect(await isPending(b)).toBe(true);
  said.open();
  await first.ask('a');
  await first.account.close();
  own.session.reservations.end(first.name);
  await b;
  expect(loads(own)).toEqual(['gpu:a on gpu:0', 'gpu:b on gpu:0']);
});

test('a provider that cannot say what a reserved model needs tells the one who asks for it, and holds nobody back', async () => {
  const gpu = new OnGpus('gpu:0');
  const own = await openOwnSession({ gpu });
  gpu.known = Promise.reject(new Error('nvidia-smi failed'));
  const first = begin(own, 'first.eval.js', 'a');
  await expect(first.ask('a')).rejects.toThrow('nvidia-smi failed');
  gpu.known = Promise.resolve();
  await begin(own, 'second.eval.js', 'b').ask('b');
  expect(loads(own)).toEqual(['gpu:b on gpu:0']);
});
