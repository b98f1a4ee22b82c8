import type { Scheduler } from '../../../src/session/scheduler/scheduler';
import { poolOf } from './scheduler-world';

// A search over everything that could still happen, written without a look at how the scheduler decides:
// requests, resources and leases as plain lists, and every step that some scheduler and some users could take
// next.

interface Item {
  readonly id: string;
  readonly key: string;
  readonly provider: string;
  readonly sharing: string;
}
interface Request extends Item {
  readonly maxLive: number;
  readonly pool: readonly string[];
  readonly count: number;
  readonly holding: readonly string[];
  readonly startOf: string | undefined;
}
interface Machine extends Item {
  readonly isReady: boolean;
  readonly maxLive: number;
  readonly devices: readonly string[];
  /** `perLease` resources are for one request, and for no other after it. */
  readonly madeFor: string | undefined;
}
interface Lease {
  readonly id: string;
  readonly machine: string;
  readonly holder: string | undefined;
}
interface State {
  readonly requests: readonly Request[];
  readonly machines: readonly Machine[];
  readonly leases: readonly Lease[];
}

const searchLimit = 5000;

/**
 * Whether any order of releases, starts and stops leads to a grant of the request, if nobody asks for
 * anything else; undefined where there are too many orders to look at all.
 */
export function canBeGranted(id: string, state: State): boolean | undefined {
  const visited = new Set<string>();
  const search = (at: State): boolean => {
    if (visited.size > searchLimit) return false;
    const name = JSON.stringify(at);
    if (visited.has(name)) return false;
    visited.add(name);
    if (!at.requests.some((request) => request.id === id)) return true;
    return [...nextStates(at)].some(search);
  };
  return search(state) || (visited.size > searchLimit ? undefined : false);
}

/** The requests that no order of releases, starts and stops can ever serve. */
export function neverGranted(state: State): string[] {
  return servesAll(state)
    ? []
    : state.requests.map(({ id }) => id).filter((id) => canBeGranted(id, state) === false);
}

// A short cut for the common case: always taking the first possible step serves everybody.
function servesAll(state: State): boolean {
  let at: State | undefined = state;
  for (let step = 0; at !== undefined && step < 100; step += 1) {
    if (at.requests.length === 0) return true;
    at = nextStates(at).next().value as State | undefined;
  }
  return false;
}

/** What the scheduler knows, with resources that are being stopped left out: they will be gone. */
export function stateOf({
  resources,
  leases,
  waiters,
}: Pick<Scheduler, 'resources' | 'leases' | 'waiters'>): State {
  const staying = [...resources.values()].filter(({ state }) => state === 'starting' || state === 'ready');
  const isThere = (id: string): boolean => staying.some((resource) => resource.id === id);
  return {
    requests: waiters.map((waiter) => {
      const { id, key, provider, policy, need, holding, startOf } = waiter;
      const place = { pool: poolOf(waiter), count: need?.count ?? 1 };
      return {
        id,
        key,
        provider,
        sharing: policy.sharing,
        maxLive: policy.maxLive,
        ...place,
        holding,
        startOf,
      };
    }),
    machines: staying.map(({ id, key, provider, policy, devices, state }) => {
      const madeFor =
        policy.sharing === 'perLease'
          ? (waiters.find(({ resource }) => resource?.id === id)?.id ?? '')
          : undefined;
      const { sharing, maxLive } = policy;
      return { id, key, provider, sharing, maxLive, devices, isReady: state === 'ready', madeFor };
    }),
    leases: [...leases.values()]
      .filter(({ resource, holder }) => isThere(resource.id) && (holder === undefined || isThere(holder)))
      .map(({ id, resource, holder }) => ({ id, machine: resource.id, holder })),
  };
}

// Most promising first, so that a request that can be granted is seen to be so at once.
function* nextStates(state: State): Generator<State> {
  yield* grants(state);
  yield* completions(state);
  yield* releases(state);
  yield* stops(state);
  yield* starts(state);
}

function* grants({ requests, machines, leases }: State): Generator<State> {
  for (const request of requests) {
    for (const machine of machines) {
      const isFree = machine.sharing === 'shared' || !leases.some((lease) => lease.machine === machine.id);
      const isForIt = machine.madeFor === undefined || machine.madeFor === request.id;
      if (machine.key !== request.key || !machine.isReady || !isFree || !isForIt) continue;
      yield {
        requests: requests.filter((other) => other !== request),
        machines,
        leases: [...leases, { id: `lease of ${request.id}`, machine: machine.id, holder: request.startOf }],
      };
    }
  }
}

function* completions({ requests, machines, leases }: State): Generator<State> {
  for (const machine of machines) {
    if (machine.isReady || requests.some(({ startOf }) => startOf === machine.id)) continue;
    yield {
      requests,
      leases,
      machines: machines.map((other) => (other === machine ? { ...machine, isReady: true } : other)),
    };
  }
}

function* releases({ requests, machines, leases }: State): Generator<State> {
  for (const lease of leases) {
    if (lease.holder !== undefined || requests.some(({ holding }) => holding.includes(lease.id))) continue;
    yield { requests, machines, leases: leases.filter((other) => other !== lease) };
  }
}

function* stops({ requests, machines, leases }: State): Generator<State> {
  for (const machine of machines) {
    if (!machine.isReady || leases.some((lease) => lease.machine === machine.id)) continue;
    yield {
      requests,
      machines: machines.filter((other) => other !== machine),
      leases: leases.filter(({ holder }) => holder !== machine.id),
    };
  }
}

function* starts({ requests, machines, leases }: State): Generator<State> {
  for (const request of requests) {
    const { id, key, provider, sharing, maxLive } = request;
    const isThere = machines.some((machine) =>
      sharing === 'perLease' ? machine.madeFor === id : machine.key === key,
    );
    if (isThere) continue;
    const made = {
      id: `made for ${id}`,
      key,
      provider,
      sharing,
      maxLive,
      isReady: false,
      madeFor: sharing === 'perLease' ? id : undefined,
    };
    for (const devices of choices(freeDevices(request, machines), request.count)) {
      yield { requests, leases, machines: [...machines, { ...made, devices }] };
    }
  }
}

function freeDevices({ pool, maxLive }: Request, machines: readonly Machine[]): string[] {
  return pool.filter((device) => {
    const on = machines.filter(({ devices }) => devices.includes(device));
    return on.length < maxLive && on.every((machine) => on.length < machine.maxLive);
  });
}

/** Every way to take `count` of the items. */
function* choices(items: readonly string[], count: number): Generator<string[]> {
  if (count === 0) yield [];
  for (const [index, item] of items.entries()) {
    if (count > 0) for (const rest of choices(items.slice(index + 1), count - 1)) yield [item, ...rest];
  }
}
