import type { ProviderConstraints } from '../../../src/pattern/constraints';
import type { DeviceNeed } from '../../../src/pattern/device-need';
import { maxBypasses } from '../../../src/session/scheduler/scheduler';
import { SchedulerWorld } from './scheduler-world';

const policy = (
  maxLive = 1,
  retain: ProviderConstraints['retain'] = 'session',
  sharing: ProviderConstraints['sharing'] = 'shared',
): ProviderConstraints => ({ maxLive, sharing, retain, startTimeoutMs: 1, stopTimeoutMs: 1 });

const oneOf = (...pool: string[]): DeviceNeed => ({ pool, count: 1 });

let world: SchedulerWorld;
beforeEach(() => (world = new SchedulerWorld(maxBypasses)));

/** Lets all that is under way come to its end; everything that starts can sleep. */
function finish(): void {
  for (;;) {
    const [starting] = world.startable;
    const [falling] = world.inState('fallingAsleep');
    const [stopping] = world.inState('stopping');
    if (starting !== undefined) world.started(starting, 0, true);
    else if (falling !== undefined) world.asleep(falling);
    else if (stopping !== undefined) world.stopped(stopping);
    else return;
  }
}

function ask(name: string, need?: DeviceNeed, limit = policy()): string {
  return world.request('gpu', limit, name, [], undefined, need);
}

/** Asks, gets it and gives it back. */
function use(name: string, need?: DeviceNeed, limit = policy()): void {
  const demand = ask(name, need, limit);
  finish();
  world.release(world.leaseOf(demand)!);
}

const states = (): Record<string, string> =>
  Object.fromEntries([...world.made.values()].map(({ resource, state }) => [resource.key, state]));

test('N files × M models cost M loads in any order on one place, if all can sleep', () => {
  for (let file = 0; file < 5; file += 1) for (const model of ['a', 'b', 'c']) use(model);
  expect(world.starts.size).toBe(3);
  expect(states()).toEqual({ 'gpu:a': 'asleep', 'gpu:b': 'asleep', 'gpu:c': 'ready' });
});

test('who asks for what is just falling asleep gets it when the place is free again, not a second one', () => {
  use('a');
  const b = ask('b');
  const again = ask('a');
  expect(states()).toEqual({ 'gpu:a': 'fallingAsleep' });
  finish();
  expect(world.asked.get(again)!.state).toBe('waiting');
  world.release(world.leaseOf(b)!);
  finish();
  expect(world.asked.get(again)!.state).toBe('granted');
  expect(world.starts.size).toBe(2);
});

test('what was put to sleep in vain is woken as soon as it sleeps', () => {
  use('a');
  const b = ask('b');
  const again = ask('a');
  world.cancel(world.asked.get(b)!);
  finish();
  expect(world.asked.get(again)!.state).toBe('granted');
  expect(world.starts.size).toBe(1);
});

test('what falls asleep beside a free place is not woken before it sleeps', () => {
  const two = policy(2);
  use('a', undefined, two);
  const b = ask('b', undefined, two);
  finish();
  const c = ask('c', undefined, two);
  world.cancel(world.asked.get(c)!);
  world.release(world.leaseOf(b)!);
  world.lost(world.inState('ready')[0]!);
  world.stopped(world.inState('stopping')[0]!);
  const again = ask('a', undefined, two);
  expect(states()).toEqual({ 'gpu:a': 'fallingAsleep' });
  finish();
  expect(world.asked.get(again)!.state).toBe('granted');
});

test('what sleeps wakes on its own devices, of which several may sleep on one', () => {
  const need = oneOf('gpu:0');
  for (const model of ['a', 'b', 'c']) use(model, need);
  use('b', need);
  expect(states()).toEqual({ 'gpu:a': 'asleep', 'gpu:b': 'ready', 'gpu:c': 'asleep' });
  expect([...world.made.values()].map(({ resource }) => resource.devices)).toEqual([[], ['gpu:0'], []]);
});

test('what sleeps is loaded on other devices where its own are leased and those are free', () => {
  use('a', oneOf('gpu:0'));
  const b = ask('b', oneOf('gpu:0'));
  finish();
  const again = ask('a', oneOf('gpu:0', 'gpu:1'));
  expect(states()).toMatchObject({ 'gpu:b': 'ready', 'gpu:a': 'starting' });
  expect(world.log).toContainEqual(
    expect.stringMatching(/^ {2}stop \d+: its devices are in use, and others are free$/),
  );
  finish();
  expect(world.leaseOf(again)!.on.resource.devices).toEqual(['gpu:1']);
  expect(world.asked.get(b)!.state).toBe('granted');
});

test('of the unused resources the one that is quickest to bring back makes room: one that can sleep', () => {
  const two = policy(2);
  const demands = ['sleeper', 'cheap'].map((name) => ask(name, undefined, two));
  const [sleeper, cheap] = world.startable;
  world.started(cheap!, 100);
  world.started(sleeper!, 0, true);
  for (const demand of demands) world.release(world.leaseOf(demand)!);
  ask('wanted', undefined, two);
  expect(states()).toEqual({ 'gpu:sleeper': 'fallingAsleep', 'gpu:cheap': 'ready' });
});

test('what fails to fall asleep is stopped, and its place is free when it has gone', () => {
  use('a');
  const b = ask('b');
  world.sleepFailed(world.inState('fallingAsleep')[0]!);
  expect(states()).toEqual({ 'gpu:a': 'stopping' });
  finish();
  expect(world.asked.get(b)!.state).toBe('granted');
});

test('what fails to wake is stopped, and whoever waited for it gets a new one', () => {
  for (const model of ['a', 'b']) use(model);
  const waiting = [ask('a'), ask('a')];
  world.asleep(world.inState('fallingAsleep')[0]!);
  world.wakeFailed(world.inState('starting')[0]!);
  expect(states()).toEqual({ 'gpu:a': 'stopping', 'gpu:b': 'asleep' });
  finish();
  expect(waiting.map((demand) => world.asked.get(demand)!.state)).toEqual(['granted', 'granted']);
  expect(world.starts.size).toBe(3);
});

test('a wake that nobody waits for any more is given up', () => {
  for (const model of ['a', 'b']) use(model);
  const again = ask('a');
  world.asleep(world.inState('fallingAsleep')[0]!);
  world.cancel(world.asked.get(again)!);
  expect(states()).toEqual({ 'gpu:a': 'stopping', 'gpu:b': 'asleep' });
});

test.each<[string, ProviderConstraints]>([
  ['is not kept without leases', policy(1, 'lease')],
  ['belongs to its lease', policy(1, 'session', 'perLease')],
])('what %s is stopped instead of put to sleep', (_what, limit) => {
  const first = ask('a', undefined, limit);
  finish();
  ask('b', undefined, limit);
  world.release(world.leaseOf(first)!);
  expect(states()).toEqual({ 'gpu:a': 'stopping' });
});

test('what leases others is stopped instead of put to sleep: it would keep them', () => {
  const first = ask('a');
  world.request('host', policy(), 'x', [], world.inState('starting')[0]!.resource.id);
  finish();
  world.release(world.leaseOf(first)!);
  ask('b');
  expect(states()).toEqual({ 'gpu:a': 'stopping', 'host:x': 'ready' });
});

test('what sleeps is stopped when its time without leases is over', () => {
  const idle = policy(1, { idleMs: 1 });
  use('a', undefined, idle);
  ask('b', undefined, idle);
  finish();
  const [a] = world.inState('asleep');
  world.expire(a!);
  expect(states()).toEqual({ 'gpu:a': 'stopping', 'gpu:b': 'ready' });
});

test('what dies asleep is cleared away, and loaded when it is asked for again', () => {
  for (const model of ['a', 'b']) use(model);
  world.lost(world.inState('asleep')[0]!);
  finish();
  use('a');
  expect(world.starts.size).toBe(3);
});

test('at the end everything is stopped, also what sleeps, falls asleep or wakes', () => {
  for (const model of ['a', 'b', 'c']) use(model);
  ask('a');
  expect(states()).toEqual({ 'gpu:a': 'asleep', 'gpu:b': 'asleep', 'gpu:c': 'fallingAsleep' });
  world.close();
  expect(states()).toEqual({ 'gpu:a': 'stopping', 'gpu:b': 'stopping', 'gpu:c': 'stopping' });
});
