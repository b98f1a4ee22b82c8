import type { ProviderConstraints } from '../../../src/pattern/constraints';
import { maxBypasses, Scheduler } from '../../../src/session/scheduler/scheduler';
import type { LeaseDemand, SchedulerActions } from '../../../src/session/scheduler/state';

const policy: ProviderConstraints = {
  maxLive: 1,
  sharing: 'shared',
  retain: 'session',
  startTimeoutMs: 1,
  stopTimeoutMs: 1,
};

/** A scheduler that writes down what it has carried out; `on` is run inside an action. */
function recorded(on: Partial<SchedulerActions> = {}): { scheduler: Scheduler; ran: string[] } {
  const ran: string[] = [];
  const noted =
    (name: keyof SchedulerActions) =>
    (...args: [never, never]): void => {
      const [first] = args as readonly { id: string }[];
      ran.push(`${name} ${first?.id}`);
      (on[name] as ((...given: unknown[]) => void) | undefined)?.(...args);
      ran.push(`end of ${name}`);
    };
  const names = ['start', 'sleep', 'wake', 'stop', 'idle', 'grant', 'deadlock', 'blocked'] as const;
  const actions = Object.fromEntries(names.map((name) => [name, noted(name)]));
  return { scheduler: new Scheduler(actions as unknown as SchedulerActions, maxBypasses), ran };
}

function demand(id: string, key: string): LeaseDemand {
  return { id, key, provider: key.split(':')[0] ?? '', policy, holding: [] };
}

test('an action that asks for more is over before what it asked for is carried out', () => {
  const { scheduler, ran } = recorded({
    start: ({ key }) => {
      if (key === 'a:x') scheduler.request({ ...demand('inner', 'b:x'), startOf: '2' });
    },
  });
  scheduler.request(demand('outer', 'a:x'));
  expect(ran).toEqual(['start 2', 'end of start', 'start 4', 'end of start']);
});

test('a request that is cancelled before its grant is carried out gets none, and its lease ends', () => {
  const { scheduler, ran } = recorded({
    grant: ({ id }) => {
      if (id === 'first') scheduler.cancel('second');
    },
  });
  scheduler.request(demand('first', 'a:x'));
  scheduler.request(demand('second', 'a:x'));
  scheduler.started('2');
  expect(ran.filter((line) => line.startsWith('grant'))).toEqual(['grant first']);
  expect(scheduler.leases.size).toBe(1);
});

test('a request whose resource dies before its grant is carried out waits for another one', () => {
  const { scheduler, ran } = recorded({
    grant: ({ id }) => {
      if (id === 'first') scheduler.lost('2');
    },
  });
  scheduler.request(demand('first', 'a:x'));
  scheduler.request(demand('second', 'a:x'));
  scheduler.started('2');
  expect(scheduler.waiters.map(({ id }) => id)).toEqual(['second']);
  scheduler.gone('2');
  const [next] = scheduler.resources.keys();
  scheduler.started(next ?? '');
  expect(ran.filter((line) => line.startsWith('grant'))).toEqual(['grant first', 'grant second']);
});

test('a request whose grant is not carried out when the session closes is one of those to reject', () => {
  let rejected: string[] = [];
  const { scheduler, ran } = recorded({
    grant: ({ id }) => {
      if (id === 'first') rejected = scheduler.close().map((waiter) => waiter.id);
    },
  });
  scheduler.request(demand('first', 'a:x'));
  scheduler.request(demand('second', 'a:x'));
  scheduler.started('2');
  expect(rejected).toEqual(['second']);
  expect(ran.filter((line) => line.startsWith('grant'))).toEqual(['grant first']);
  expect(scheduler.leases.size).toBe(0);
});

test('a resource that dies before its wake has begun is stopped, and its waiter gets another one', () => {
  const { scheduler, ran } = recorded({ wake: ({ id }) => scheduler.lost(id) });
  const use = (id: string, key: string): void => {
    scheduler.request(demand(id, key));
    const made = [...scheduler.resources.values()].find(({ state }) => state === 'starting');
    if (made !== undefined) scheduler.started(made.id, { canSleep: true });
    for (const lease of [...scheduler.leases.keys()]) scheduler.release(lease);
  };
  use('first', 'a:x');
  scheduler.request(demand('second', 'a:y'));
  scheduler.asleep('2');
  const [, other] = scheduler.resources.keys();
  scheduler.started(other ?? '', {});
  for (const lease of [...scheduler.leases.keys()]) scheduler.release(lease);
  scheduler.request(demand('third', 'a:x'));
  scheduler.gone(other ?? '');
  expect(ran.slice(-4)).toEqual(['wake 2', 'end of wake', 'stop 2', 'end of stop']);
  scheduler.gone('2');
  const [last] = scheduler.resources.values();
  expect(last).toMatchObject({ key: 'a:x', state: 'starting' });
  expect(scheduler.waiters.map(({ id, resource }) => [id, resource?.id])).toEqual([['third', last?.id]]);
});
