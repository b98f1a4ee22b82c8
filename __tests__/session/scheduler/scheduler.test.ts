import fc from 'fast-check';
import type { ProviderConstraints } from '../../../src/pattern/constraints';
import type { DeviceNeed } from '../../../src/pattern/device-need';
import { maxBypasses } from '../../../src/session/scheduler/scheduler';
import { SchedulerWorld } from './scheduler-world';

const limits = { startTimeoutMs: 1, stopTimeoutMs: 1 };
const policy = (
  maxLive: number,
  sharing: ProviderConstraints['sharing'] = 'shared',
  retain: ProviderConstraints['retain'] = 'session',
): ProviderConstraints => ({ maxLive, sharing, retain, ...limits });

/** Lets all starts and stops that are under way come to their end. */
function finish(world: SchedulerWorld): void {
  while (world.startable.length + world.inState('stopping').length > 0) {
    for (const made of world.startable) world.started(made);
    for (const made of world.inState('stopping')) world.stopped(made);
  }
}

/** Asks and, if nothing is in the way, gets a lease at once. */
function lease(world: SchedulerWorld, provider: string, limit: ProviderConstraints, name: string): string {
  const before = new Set(world.lent.keys());
  world.request(provider, limit, name);
  finish(world);
  const [id] = [...world.lent.keys()].filter((known) => !before.has(known));
  if (id === undefined) throw new Error(`${provider}:${name} is not granted`);
  return id;
}

const stateOf = (world: SchedulerWorld, demand: string): string | undefined => world.asked.get(demand)?.state;

test('equal requests share one resource, also while it starts', () => {
  const world = new SchedulerWorld(maxBypasses);
  for (let count = 0; count < 5; count += 1) world.request('gpu', policy(1), 'a');
  finish(world);
  world.request('gpu', policy(1), 'a');
  expect(world.starts.size).toBe(1);
  expect(world.lent.size).toBe(6);
});

test('with one place, N files that ask for M models in model order cost M loads', () => {
  const world = new SchedulerWorld(maxBypasses);
  for (const model of ['a', 'b', 'c']) {
    const demands = Array.from({ length: 6 }, () => world.request('gpu', policy(1), model));
    finish(world);
    expect(demands.map((demand) => stateOf(world, demand))).toEqual(Array(6).fill('granted'));
    for (const held of world.userLeases) world.release(held);
  }
  expect(world.starts.size).toBe(3);
});

test('a resource that the next file waits for is kept, whatever its retention', () => {
  const world = new SchedulerWorld(maxBypasses);
  const exclusive = policy(1, 'exclusive', 'lease');
  const first = lease(world, 'db', exclusive, 'shop');
  const waiting = world.request('db', exclusive, 'shop');
  expect(stateOf(world, waiting)).toBe('waiting');
  world.release({ id: first });
  expect(stateOf(world, waiting)).toBe('granted');
  expect(world.starts.size).toBe(1);
});

test('the resource that was unused for longest makes room, and only one does', () => {
  const world = new SchedulerWorld(maxBypasses);
  const three = policy(3);
  const leases = ['a', 'b', 'c'].map((name) => lease(world, 'gpu', three, name));
  for (const id of [leases[1]!, leases[0]!, leases[2]!]) world.release({ id });
  world.request('gpu', three, 'd');
  expect(world.inState('stopping').map(({ resource }) => resource.key)).toEqual(['gpu:b']);
});

test('of the unused resources the one that is cheapest to load again makes room; of equal ones, the longest unused', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ cost: fc.constantFrom(0, 1, 2, 10_000), isHeld: fc.boolean() }), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.infiniteStream(fc.nat(1000)),
      (models, numbers) => {
        const world = new SchedulerWorld(maxBypasses);
        const limit = policy(models.length);
        models.forEach(({ cost }, index) => {
          world.request('gpu', limit, `m${index}`);
          for (const made of world.startable) world.started(made, cost);
        });
        const free = world.userLeases.filter((_lease, index) => !models[index]!.isHeld);
        const released: { key: string; cost: number }[] = [];
        while (free.length > 0) {
          const [lent] = free.splice((numbers.next().value ?? 0) % free.length, 1);
          released.push({ key: lent!.on.resource.key, cost: lent!.on.resource.cost });
          world.release(lent!);
        }
        world.request('gpu', limit, 'wanted');
        // A stable sort: of equal cost, the first released.
        const [cheapest] = released.sort((a, b) => a.cost - b.cost);
        expect(world.inState('stopping').map(({ resource }) => resource.key)).toEqual(
          cheapest === undefined ? [] : [cheapest.key],
        );
      },
    ),
    { numRuns: 200 },
  );
});

test('a file that began earlier keeps its place until it ends, unless it waits itself', () => {
  const world = new SchedulerWorld(maxBypasses);
  world.reserve('first', 'gpu', policy(1), 'a');
  world.reserve('second', 'gpu', policy(1), 'b');
  const ask = (file: string, name: string): string =>
    world.request('gpu', policy(1), name, [], undefined, undefined, file);
  const b = ask('second', 'b');
  // The only place is free, and kept for the first file.
  expect(stateOf(world, b)).toBe('waiting');
  expect(world.starts.size).toBe(0);
  const other = ask('first', 'other');
  expect(world.inState('starting').map(({ resource }) => resource.key)).toEqual(['gpu:b']);
  finish(world);
  expect([b, other].map((demand) => stateOf(world, demand))).toEqual(['granted', 'waiting']);
  world.unreserve('second');
  world.release(world.leaseOf(b)!);
  finish(world);
  expect(stateOf(world, other)).toBe('granted');
});

test('one resource makes room also where it is free only once another has gone', () => {
  const world = new SchedulerWorld(maxBypasses);
  const hosts = policy(2);
  // Two idle apps, each on a host of its own.
  for (const name of ['x', 'y']) {
    world.request('app', policy(2), name);
    world.request('host', hosts, name, [], world.inState('starting')[0]!.resource.id);
    finish(world);
  }
  for (const held of world.userLeases) world.release(held);
  const wanted = world.request('host', hosts, 'z');
  expect(world.inState('stopping').map(({ resource }) => resource.key)).toEqual(['app:x']);
  finish(world);
  expect(stateOf(world, wanted)).toBe('granted');
  expect([...world.made.values()].map(({ resource }) => resource.key).sort()).toEqual([
    'app:y',
    'host:y',
    'host:z',
  ]);
});

test('an idle resource gives an exclusive dependency back to whoever waits for it', () => {
  const world = new SchedulerWorld(maxBypasses);
  const exclusive = policy(1, 'exclusive', 'lease');
  world.request('app', policy(1), 'x');
  world.request('gpu', exclusive, '0', [], world.inState('starting')[0]!.resource.id);
  finish(world);
  for (const held of world.userLeases) world.release(held);
  const wanted = world.request('gpu', exclusive, '0');
  finish(world);
  expect(stateOf(world, wanted)).toBe('granted');
});

test('a perLease resource ends with its lease, also while an equal one starts for somebody else', () => {
  const world = new SchedulerWorld(maxBypasses);
  const perLease = policy(3, 'perLease', 'session');
  const first = lease(world, 'db', perLease, 'shop');
  world.request('db', perLease, 'shop');
  world.release({ id: first });
  expect([...world.made.values()].map(({ state }) => state)).toEqual(['stopping', 'starting']);
});

test('a resource is not stopped for being idle while somebody waits for it, and is once nobody does', () => {
  const world = new SchedulerWorld(0);
  const idle = policy(2, 'shared', { idleMs: 1 });
  const held = [lease(world, 'gpu', idle, 'a'), lease(world, 'gpu', idle, 'b')];
  world.release({ id: held[0]! });
  const wantsSlot = world.request('gpu', idle, 'c');
  // It may not overtake the other, which waits for the place that is just coming free.
  const overtaker = world.request('gpu', idle, 'b');
  expect([stateOf(world, wantsSlot), stateOf(world, overtaker)]).toEqual(['waiting', 'waiting']);
  world.release({ id: held[1]! });
  const b = world.inState('ready')[0]!;
  world.expire(b);
  expect(b.state).toBe('ready');
  world.cancel(world.asked.get(overtaker)!);
  world.cancel(world.asked.get(wantsSlot)!);
  world.expire(b);
  expect(b.state).toBe('stopping');
});

test('a request waits for another place when a stop that failed twice blocks one', () => {
  const world = new SchedulerWorld(maxBypasses);
  const two = policy(2, 'shared', 'lease');
  const [a, b] = ['a', 'b'].map((name) => lease(world, 'gpu', two, name));
  world.release({ id: a! });
  world.stopFailed(world.inState('stopping')[0]!);
  const wanted = world.request('gpu', two, 'c');
  world.stopFailed(world.inState('stopping')[0]!);
  expect(stateOf(world, wanted)).toBe('waiting');
  world.release({ id: b! });
  finish(world);
  expect(stateOf(world, wanted)).toBe('granted');
});

test('a request is refused when every place is held by a stop that failed twice', () => {
  const world = new SchedulerWorld(maxBypasses);
  const one = policy(1, 'shared', 'lease');
  world.release({ id: lease(world, 'gpu', one, 'a') });
  world.stopFailed(world.inState('stopping')[0]!);
  const wanted = world.request('gpu', one, 'b');
  expect(stateOf(world, wanted)).toBe('waiting');
  world.stopFailed(world.inState('stopping')[0]!);
  expect(stateOf(world, wanted)).toBe('blocked');
});

test('a request is refused when the slots left are held by failed stops and by its own requester', () => {
  const world = new SchedulerWorld(maxBypasses);
  const two = policy(2, 'shared', 'lease');
  const [a, b] = ['a', 'b'].map((name) => lease(world, 'gpu', two, name));
  world.release({ id: a! });
  world.stopFailed(world.inState('stopping')[0]!);
  const wanted = world.request('gpu', two, 'c', [b!]);
  world.stopFailed(world.inState('stopping')[0]!);
  expect(stateOf(world, wanted)).toBe('deadlock');
});

test('whoever holds the only place and asks for another resource of it is refused at once', () => {
  const world = new SchedulerWorld(maxBypasses);
  const held = lease(world, 'gpu', policy(1), 'a');
  expect(stateOf(world, world.request('gpu', policy(1), 'b', [held]))).toBe('deadlock');
  expect(stateOf(world, world.request('gpu', policy(1), 'b'))).toBe('waiting');
});

test('of two who wait for what the other holds, the later is refused and the earlier served', () => {
  const world = new SchedulerWorld(maxBypasses);
  const [a, b] = ['left', 'right'].map((provider) => lease(world, provider, policy(1), 'a'));
  const first = world.request('right', policy(1), 'b', [a!]);
  const sibling = world.request('right', policy(1), 'c');
  const second = world.request('left', policy(1), 'b', [b!]);
  expect([first, sibling, second].map((demand) => stateOf(world, demand))).toEqual([
    'waiting',
    'waiting',
    'deadlock',
  ]);
  world.release({ id: b! });
  finish(world);
  expect(stateOf(world, first)).toBe('granted');
});

test('a start that needs a place of its own provider is refused the dependency', () => {
  const world = new SchedulerWorld(maxBypasses);
  world.request('gpu', policy(1), 'a');
  const dependency = world.request('gpu', policy(1), 'b', [], world.inState('starting')[0]!.resource.id);
  expect(stateOf(world, dependency)).toBe('deadlock');
});

test(`a request that waits for a place is overtaken at most ${maxBypasses} times, also by those who join a start`, () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 3),
      fc.array(fc.record({ isRequest: fc.boolean(), pick: fc.nat(100) }), {
        minLength: 40,
        maxLength: 120,
        size: 'max',
      }),
      (slots, steps) => {
        const world = new SchedulerWorld(maxBypasses);
        const limit = policy(slots);
        const names = Array.from({ length: slots }, (_, index) => `busy ${index}`);
        for (const name of names) world.request('gpu', limit, name);
        const patient = world.request('gpu', limit, 'wanted');
        const later = new Set<string>();
        for (const { isRequest, pick } of steps) {
          const [lent, start] = [
            world.userLeases[pick % Math.max(1, world.userLeases.length)],
            world.startable[0],
          ];
          if (isRequest) later.add(world.request('gpu', limit, names[pick % slots]!));
          else if (pick % 2 === 0 && start !== undefined) world.started(start);
          else if (lent !== undefined && lent.on.leases.size > 1) world.release(lent);
        }
        expect(stateOf(world, patient)).toBe('waiting');
        for (const start of world.startable) world.started(start);
        expect(
          [...later].filter((demand) => stateOf(world, demand) === 'granted').length,
        ).toBeLessThanOrEqual(maxBypasses);
        world.drain((count) => count - 1);
        expect([patient, ...later].map((demand) => stateOf(world, demand))).toEqual(
          Array(later.size + 1).fill('granted'),
        );
      },
    ),
    { numRuns: 100 },
  );
});

test('fairness gives way where it alone would block a cycle of requests', () => {
  const world = new SchedulerWorld(0);
  const [a, b] = ['a', 'b'].map((name) => lease(world, 'gpu', policy(2), name));
  const older = world.request('gpu', policy(2), 'c');
  const demands = [world.request('gpu', policy(2), 'b', [a!]), world.request('gpu', policy(2), 'a', [b!])];
  expect(demands.map((demand) => stateOf(world, demand)).sort()).toEqual(['granted', 'waiting']);
  world.drain(() => 0);
  expect([older, ...demands].map((demand) => stateOf(world, demand))).toEqual([
    'granted',
    'granted',
    'granted',
  ]);
});

test('fairness gives way to the dependency of a start, also beside a stop that failed', () => {
  const world = new SchedulerWorld(0);
  const three = policy(3, 'shared', 'lease');
  const [a, b, c] = ['a', 'b', 'c'].map((name) => lease(world, 'gpu', three, name));
  world.release({ id: a! });
  world.stopFailed(world.inState('stopping')[0]!);
  const starting = world.request('gpu', three, 'd');
  world.stopFailed(world.inState('stopping')[0]!);
  const older = world.request('gpu', three, 'e');
  world.stopFailed(world.inState('stopping')[0]!);
  world.release({ id: c! });
  world.stopped(world.inState('stopping')[0]!);
  // The one place left starts d; whoever holds b waits for d; d needs b; and e came before both.
  const holder = world.request('gpu', three, 'd', [b!]);
  const dependency = world.request('gpu', three, 'b', [], world.inState('starting')[0]!.resource.id);
  expect(stateOf(world, dependency)).toBe('granted');
  world.drain(() => 0);
  expect([starting, older, holder].map((demand) => stateOf(world, demand))).toEqual(Array(3).fill('granted'));
});

test('a start that asks for itself is refused the dependency, also while an equal resource stops', () => {
  const world = new SchedulerWorld(0);
  const two = policy(2, 'shared', 'lease');
  world.release({ id: lease(world, 'gpu', two, 'a') });
  world.request('gpu', two, 'a');
  world.request('gpu', two, 'b');
  const dependency = world.request('gpu', two, 'a', [], world.inState('starting')[0]!.resource.id);
  expect(stateOf(world, dependency)).toBe('deadlock');
});

test('a stop that failed is tried again at the end', () => {
  const world = new SchedulerWorld(maxBypasses);
  world.release({ id: lease(world, 'gpu', policy(1, 'shared', 'lease'), 'a') });
  world.stopFailed(world.inState('stopping')[0]!);
  world.close();
  expect(world.inState('stopping')).toHaveLength(1);
});

test('the requests of siblings are served oldest first', () => {
  const world = new SchedulerWorld(maxBypasses);
  const held = lease(world, 'gpu', policy(1), 'a');
  const order = ['b', 'c', 'd'].map((name) => world.request('gpu', policy(1), name));
  world.release({ id: held });
  const served: string[] = [];
  while (served.length < 3) {
    finish(world);
    served.push(
      ...order.filter((demand) => stateOf(world, demand) === 'granted' && !served.includes(demand)),
    );
    for (const lent of world.userLeases) world.release(lent);
  }
  expect(served).toEqual(order);
});

test('at the end dependents go before what they depend on, and a stop that fails then is not tried for ever', () => {
  const world = new SchedulerWorld(maxBypasses);
  world.request('app', policy(1), 'x');
  world.request('host', policy(1), 'x', [], world.inState('starting')[0]!.resource.id);
  finish(world);
  world.close();
  expect(world.inState('stopping').map(({ resource }) => resource.key)).toEqual(['app:x']);
  world.stopFailed(world.inState('stopping')[0]!);
  expect(world.inState('stopping').map(({ resource }) => resource.key)).toEqual(['host:x']);
  finish(world);
  expect(world.inState('stopFailed').map(({ resource }) => resource.key)).toEqual(['app:x']);
});

describe('devices', () => {
  const one = policy(1);
  const on = (...pool: string[]): DeviceNeed => ({ pool, count: 1 });
  const both: DeviceNeed = { pool: ['gpu:0', 'gpu:1'], count: 2 };
  const ask = (world: SchedulerWorld, name: string, need: DeviceNeed, provider = 'vllm'): string =>
    world.request(provider, one, name, [], undefined, need);
  const placed = (world: SchedulerWorld): string[] =>
    [...world.made.values()].map(({ resource }) => `${resource.key} on ${resource.devices.join()}`);

  test('as many resources live at once as there are devices, each on one of its own, the first ones first', () => {
    const world = new SchedulerWorld(maxBypasses);
    const demands = ['a', 'b', 'c'].map((name) => ask(world, name, on('gpu:0', 'gpu:1')));
    finish(world);
    expect(demands.map((demand) => stateOf(world, demand))).toEqual(['granted', 'granted', 'waiting']);
    expect(placed(world)).toEqual(['vllm:a on gpu:0', 'vllm:b on gpu:1']);
  });

  test('a resource that takes several waits for all, and what comes free meanwhile is left to it', () => {
    const world = new SchedulerWorld(maxBypasses);
    for (const name of ['a', 'b']) ask(world, name, on('gpu:0', 'gpu:1'));
    finish(world);
    const [first, second] = world.userLeases;
    const spread = ask(world, 'c', both);
    const younger = ask(world, 'd', on('gpu:0', 'gpu:1'));
    world.release(first!);
    // Stopping it would be in vain as long as the other one is in use.
    expect(world.inState('stopping')).toEqual([]);
    world.release(second!);
    finish(world);
    expect(stateOf(world, spread)).toBe('granted');
    expect(stateOf(world, younger)).toBe('waiting');
    expect(placed(world)).toEqual(['vllm:c on gpu:0,gpu:1']);
  });

  test('a request goes ahead on a device that no older one could use', () => {
    const world = new SchedulerWorld(maxBypasses);
    ask(world, 'a', on('gpu:0'));
    finish(world);
    ask(world, 'b', on('gpu:0'));
    const other = ask(world, 'c', on('gpu:0', 'gpu:1'));
    finish(world);
    expect(stateOf(world, other)).toBe('granted');
    expect(placed(world)).toEqual(['vllm:a on gpu:0', 'vllm:c on gpu:1']);
  });

  test('providers that name the same device keep out of each other’s way', () => {
    const world = new SchedulerWorld(maxBypasses);
    ask(world, 'a', on('gpu:0'), 'vllm');
    const other = ask(world, 'a', on('gpu:0'), 'sglang');
    finish(world);
    expect(stateOf(world, other)).toBe('waiting');
    world.release(world.userLeases[0]!);
    finish(world);
    expect(placed(world)).toEqual(['sglang:a on gpu:0']);
  });

  test('only the device whose resource cannot be stopped is lost', () => {
    const world = new SchedulerWorld(maxBypasses);
    for (const name of ['a', 'b']) ask(world, name, on('gpu:0', 'gpu:1'));
    finish(world);
    for (const lease of world.userLeases) world.release(lease);
    const spread = ask(world, 'c', both);
    world.stopFailed(world.inState('stopping')[0]!);
    finish(world);
    for (const made of world.inState('stopping')) world.stopFailed(made);
    expect(stateOf(world, spread)).toBe('granted');
    const next = new SchedulerWorld(maxBypasses);
    ask(next, 'a', on('gpu:0', 'gpu:1'));
    finish(next);
    next.release(next.userLeases[0]!);
    next.expire(next.inState('ready')[0]!);
    next.stopFailed(next.inState('stopping')[0]!);
    ask(next, 'b', on('gpu:0', 'gpu:1'));
    finish(next);
    expect(placed(next)).toEqual(['vllm:a on gpu:0', 'vllm:b on gpu:1']);
  });

  test('who holds one device and asks for another goes before an older request that waits for both', () => {
    const world = new SchedulerWorld(maxBypasses);
    ask(world, 'a', on('gpu:0', 'gpu:1'));
    finish(world);
    const [held] = world.userLeases;
    const spread = ask(world, 'c', both);
    const second = world.request('vllm', one, 'b', [held!.id], undefined, on('gpu:0', 'gpu:1'));
    finish(world);
    expect(stateOf(world, second)).toBe('granted');
    expect(stateOf(world, spread)).toBe('waiting');
  });
});
