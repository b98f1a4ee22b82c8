import fc from 'fast-check';
import type { ProviderConstraints } from '../../../src/pattern/constraints';
import type { DeviceNeed } from '../../../src/pattern/device-need';
import type { LeaseDemand } from '../../../src/session/scheduler/state';
import { maxBypasses } from '../../../src/session/scheduler/scheduler';
import { canBeGranted, neverGranted, stateOf } from './grant-search';
import { SchedulerWorld } from './scheduler-world';

const runs = Number(process.env['PROPERTY_RUNS'] ?? 500);
const seed = Number(process.env['PROPERTY_SEED'] ?? Date.now() % 2 ** 31);
process.stdout.write(`scheduler.property.test.ts: PROPERTY_SEED=${seed} PROPERTY_RUNS=${runs}\n`);

const policies: fc.Arbitrary<ProviderConstraints> = fc.record({
  maxLive: fc.constantFrom(1, 2, 2, 3),
  sharing: fc.constantFrom<ProviderConstraints['sharing']>('shared', 'shared', 'exclusive', 'perLease'),
  retain: fc.constantFrom<ProviderConstraints['retain']>('lease', 'session', { idleMs: 1 }),
  startTimeoutMs: fc.constant(1),
  stopTimeoutMs: fc.constant(1),
});

interface Provider {
  readonly policy: ProviderConstraints;
  /** The devices it may use; undefined for a place of its own. */
  readonly pool: readonly string[] | undefined;
  /** How many of them the models n0, n1 and n2 take. */
  readonly counts: readonly number[];
}

// Pools that are the same, that overlap and that do not.
const aProvider: fc.Arbitrary<Provider> = fc.record({
  policy: policies,
  pool: fc.oneof(fc.constant(undefined), fc.subarray(['x', 'y', 'z'], { minLength: 1 })),
  counts: fc.tuple(fc.constantFrom(1, 1, 2, 3), fc.constantFrom(1, 2), fc.constant(1)),
});

function needOf({ pool, counts }: Provider, name: number): DeviceNeed | undefined {
  return pool && { pool, count: Math.min(counts[name] ?? 1, pool.length) };
}

// Often one alone, so that its few slots are fought for.
const someProviders = fc.oneof(
  fc.array(aProvider, { minLength: 1, maxLength: 1 }),
  fc.array(aProvider, { minLength: 1, maxLength: 3 }),
);
// Small limits too, so that short runs reach them.
const bypassLimits = fc.constantFrom(0, 1, 2, maxBypasses);

type Kind =
  | 'request'
  | 'release'
  | 'started'
  | 'asleep'
  | 'sleepFailed'
  | 'dependency'
  | 'stopped'
  | 'cancel'
  | 'startFailed'
  | 'stopFailed'
  | 'retryStop'
  | 'lost'
  | 'expire'
  | 'reserve'
  | 'unreserve'
  | 'close';
interface Step {
  readonly kind: Kind;
  readonly pick: number;
  readonly name: number;
  readonly holding: number;
  readonly canSleep: boolean;
}
const stepOf = (weights: Partial<Record<Kind, number>>): fc.Arbitrary<Step> =>
  fc.record({
    kind: fc.oneof(
      ...Object.entries(weights).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind as Kind) })),
    ),
    pick: fc.nat(1000),
    name: fc.nat(2),
    holding: fc.oneof(fc.constantFrom(0, 255), fc.nat(255)),
    canSleep: fc.boolean(),
  });

const everything = stepOf({
  request: 36,
  release: 18,
  started: 24,
  dependency: 9,
  asleep: 12,
  sleepFailed: 2,
  stopped: 18,
  cancel: 5,
  startFailed: 5,
  stopFailed: 14,
  retryStop: 3,
  lost: 6,
  expire: 6,
  reserve: 6,
  unreserve: 3,
  close: 1,
});
const noStopWorks = stepOf({ request: 3, release: 2, started: 3, stopFailed: 3 });
const anySteps = fc.oneof(
  { weight: 4, arbitrary: fc.array(everything, { maxLength: 60, size: 'max' }) },
  { weight: 1, arbitrary: fc.array(noStopWorks, { maxLength: 40, size: 'max' }) },
);
const nothingFails = stepOf({
  request: 12,
  release: 6,
  started: 8,
  asleep: 4,
  dependency: 3,
  stopped: 8,
  cancel: 1,
});

const usable = (world: SchedulerWorld) => [
  ...world.inState('ready'),
  ...world.inState('fallingAsleep'),
  ...world.inState('asleep'),
];

function take(
  world: SchedulerWorld,
  providers: readonly Provider[],
  { kind, pick, name, holding, canSleep }: Step,
): void {
  const from = <T>(items: readonly T[], act: (item: T) => void): void => {
    const item = items[pick % Math.max(1, items.length)];
    if (item !== undefined) act(item);
  };
  const ask = (startOf?: string): void => {
    const index = pick % providers.length;
    const held =
      startOf === undefined ? world.userLeases.filter((_lease, at) => ((holding >> at) & 1) === 1) : [];
    world.request(
      `p${index}`,
      providers[index]!.policy,
      `n${name}`,
      held.map(({ id }) => id),
      startOf,
      needOf(providers[index]!, name),
      startOf === undefined ? [...world.reserved][name] : undefined,
    );
  };
  const reserve = (file: string): void => {
    const index = pick % providers.length;
    const { policy } = providers[index]!;
    // There is nothing to keep for whoever gets a resource of its own.
    if (policy.sharing === 'perLease') return;
    world.reserve(file, `p${index}`, policy, `n${name}`, needOf(providers[index]!, name));
  };
  switch (kind) {
    case 'request':
      return world.isClosed ? undefined : ask();
    case 'dependency':
      return world.isClosed
        ? undefined
        : from(
            world.startable.filter(({ isDoomed }) => !isDoomed),
            ({ resource }) => ask(resource.id),
          );
    case 'release':
      return from(holding > 0 ? world.releasable : world.userLeases, (lease) => world.release(lease));
    case 'started':
      return from(world.startable, (made) => world.started(made, 0, canSleep));
    case 'asleep':
      return from(world.inState('fallingAsleep'), (made) => world.asleep(made));
    case 'sleepFailed':
      return from(world.inState('fallingAsleep'), (made) => world.sleepFailed(made));
    case 'startFailed':
      return from(world.inState('starting'), (made) => world.startFailed(made));
    case 'stopped':
      return from(world.inState('stopping'), (made) => world.stopped(made));
    case 'stopFailed':
      return from(world.inState('stopping'), (made) => world.stopFailed(made));
    case 'retryStop':
      return from(world.inState('stopFailed'), (made) => world.retryStop(made));
    case 'lost':
      return from(usable(world), (made) => world.lost(made));
    case 'expire':
      return from(usable(world), (made) => world.expire(made));
    case 'cancel':
      return from(world.waiting, (asked) => world.cancel(asked));
    case 'reserve':
      return reserve(`f${holding % 4}`);
    case 'unreserve':
      return from([...world.reserved], (file) => world.unreserve(file));
    case 'close':
      return world.isClosed ? undefined : world.close();
  }
}

function explain(world: SchedulerWorld, providers: readonly Provider[], run: () => void): void {
  try {
    run();
  } catch (error) {
    const described = providers.map(
      ({ policy: { maxLive, sharing, retain }, pool = [] }, index) =>
        `p${index}: ${maxLive} ${sharing} ${JSON.stringify(retain)} ${pool.join()}`,
    );
    throw new Error(`${(error as Error).message}\n${[...described, ...world.log].join('\n')}`);
  }
}

const expectEmptied = (world: SchedulerWorld): void => {
  expect([...world.made.values()]).toEqual([]);
  expect([...world.lent.values()]).toEqual([]);
  expect([...world.gone.values()].every((times) => times === 1)).toBe(true);
  expect([...world.gone.keys()].sort()).toEqual([...world.starts.keys()].sort());
};

/** Ends all: stops that failed are tried again until nothing is left. */
function closeAndDrain(world: SchedulerWorld, choose: (count: number) => number): void {
  if (!world.isClosed) world.close();
  world.drain(choose);
  while (world.inState('stopFailed').length > 0) {
    for (const made of world.inState('stopFailed')) world.retryStop(made);
    world.drain(choose);
  }
}

test('whatever happens in whatever order, no limit, sharing or retention rule is broken, and everything started ends exactly once', () => {
  fc.assert(
    fc.property(
      bypassLimits,
      someProviders,
      anySteps,
      fc.infiniteStream(fc.nat(1000)),
      (bypassLimit, providers, steps, numbers) => {
        const world = new SchedulerWorld(bypassLimit);
        const choose = (count: number): number => (numbers.next().value ?? 0) % count;
        explain(world, providers, () => {
          for (const step of steps) take(world, providers, step);
          closeAndDrain(world, choose);
          expectEmptied(world);
          expect(world.waiting).toEqual([]);
        });
      },
    ),
    { seed, numRuns: runs },
  );
});

test('once every holder releases and every start and stop ends, every request has been granted or refused', () => {
  fc.assert(
    fc.property(
      bypassLimits,
      someProviders,
      anySteps,
      fc.infiniteStream(fc.nat(1000)),
      (bypassLimit, providers, steps, numbers) => {
        const world = new SchedulerWorld(bypassLimit);
        const choose = (count: number): number => (numbers.next().value ?? 0) % count;
        explain(world, providers, () => {
          for (const step of steps) if (step.kind !== 'close') take(world, providers, step);
          world.drain(choose);
          expect(world.waiting.map(({ demand }) => demand.id)).toEqual([]);
          closeAndDrain(world, choose);
          expectEmptied(world);
        });
      },
    ),
    { seed, numRuns: runs },
  );
});

test('a request is refused as deadlocked if and only if no order of releases, starts and stops could grant it', () => {
  let refused = 0;
  const onRefusal = (demand: LeaseDemand, world: SchedulerWorld): void => {
    refused += 1;
    const { resources, leases, waiters } = world.scheduler;
    const before = stateOf({
      resources,
      leases,
      waiters: [
        ...waiters,
        { ...demand, since: Infinity, resource: undefined, bypasses: 0, retriedStop: false },
      ],
    });
    if (canBeGranted(demand.id, before))
      throw new Error(`Broken: ${demand.id} is refused but could be granted`);
  };
  fc.assert(
    fc.property(
      bypassLimits,
      someProviders,
      fc.array(nothingFails, { maxLength: 25, size: 'max' }),
      (bypassLimit, providers, steps) => {
        const world = new SchedulerWorld(bypassLimit, onRefusal);
        explain(world, providers, () => {
          for (const step of steps) {
            // The search looks at every order there is, so the cases must stay small.
            if (step.kind === 'request' && world.waiting.length + world.lent.size > 5) continue;
            const known = new Set(world.asked.keys());
            const before = new Set(world.waiting.map(({ demand }) => demand.id));
            take(world, providers, step);
            for (const [id, { state }] of world.asked) {
              // The request that closes a cycle is refused at that moment; no request that merely waits beside or behind
              // it ever is.
              if (state === 'deadlock' && (before.has(id) || !known.has(id)) && known.has(id))
                throw new Error(`Broken: ${id} waited before the cycle was closed, but is refused`);
            }
            const [stuck] = neverGranted(stateOf(world.scheduler));
            if (stuck !== undefined) throw new Error(`Broken: ${stuck} waits but can never be granted`);
          }
        });
      },
    ),
    { seed, numRuns: runs },
  );
  // A property that refuses nothing would say nothing.
  if (runs >= 500) expect(refused).toBeGreaterThan(10);
});
