import { poolOf, type SchedulerWorld } from './scheduler-world';

/** Says what is wrong when a rule does not hold. */
export function rule(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`Broken: ${what}`);
}

/**
 * The rules that hold after every step: the scheduler's account and the world's agree, and every limit is
 * kept.
 */
export function checkRules(world: SchedulerWorld): void {
  const { resources, leases, waiters } = world.scheduler;
  const seen = [...resources.values()].map(
    ({ id, state, leases: own }) => `${id} ${state} ${[...own].sort().join()}`,
  );
  const known = [...world.made.values()].map(
    ({ resource, state, leases: own }) => `${resource.id} ${state} ${[...own].sort().join()}`,
  );
  rule(
    seen.sort().join('; ') === known.sort().join('; '),
    `the scheduler's resources are ${seen.join('; ')}, the world's ${known.join('; ')}`,
  );
  rule(
    [...leases.keys()].sort().join() === [...world.lent.keys()].sort().join(),
    `the scheduler's leases are ${[...leases.keys()].join()}, the world's ${[...world.lent.keys()].join()}`,
  );
  // In any order: fairness may have to give way.
  const [waiting, listed] = [world.waiting.map(({ demand }) => demand.id), waiters.map(({ id }) => id)];
  rule(
    listed.sort().join() === waiting.sort().join(),
    `the scheduler's waiters are ${listed.join()}, the world's ${waiting.join()}`,
  );
  for (const { resource, state, isIdle, leases: own } of world.made.values()) {
    const { sharing, retain, maxLive } = resource.policy;
    for (const device of resource.devices) {
      const on = [...world.made.values()].filter((other) => other.resource.devices.includes(device));
      rule(on.length <= maxLive, `more than ${maxLive} live on ${device}`);
    }
    rule(own.size === 0 || state === 'ready', `${resource.id} is ${state} but leased`);
    rule(own.size <= 1 || sharing === 'shared', `${resource.id} is ${sharing} but has ${own.size} leases`);
    const isWanted = waiters.some(({ key }) => key === resource.key && sharing !== 'perLease');
    const isKept = own.size > 0 || isWanted || (isIdle && retain !== 'lease' && sharing !== 'perLease');
    const isUsable = state === 'ready' || state === 'asleep';
    rule(!isUsable || isKept, `${resource.id} stays although nobody leases it or waits for it`);
    rule(!world.isClosed || own.size > 0 || !isUsable, `${resource.id} stays after the end`);
    rule(state !== 'asleep' || resource.devices.length === 0, `${resource.id} is asleep but keeps devices`);
    rule(
      state !== 'starting' || waiters.some((waiter) => waiter.resource === resource),
      `${resource.id} starts for nobody`,
    );
  }
  const inNeed = waiters.filter(
    ({ key, policy, resource }) =>
      resource === undefined && (policy.sharing === 'perLease' || !world.isUp(key)),
  );
  for (const [index, waiter] of inNeed.entries()) {
    // A device that an older request can use is left to it, and one may be kept for a file that began
    // earlier.
    const isYounger = inNeed
      .slice(0, index)
      .some((older) => poolOf(older).some((at) => poolOf(waiter).includes(at)));
    // What it waits for may be falling asleep, or wake as soon as its devices are free.
    const isSleeping = [...world.made.values()].some(
      ({ resource, state }) =>
        resource.key === waiter.key && (state === 'fallingAsleep' || state === 'asleep'),
    );
    rule(
      isYounger || isSleeping || world.reserved.size > 0 || !world.hasRoom(waiter),
      `${waiter.id} waits beside a free place`,
    );
  }
}
