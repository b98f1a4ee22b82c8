import type { ProviderConstraints } from '../../../src/pattern/constraints';
import type { ResourceContext } from '../../../src/pattern/resource-context';
import { sessionTable } from '../../../src/report/terminal/session-table';
import { caught } from '../../support/caught';
import { eventually } from '../../support/eventually';
import { ownPlaces } from '../../support/own-places';
import { closeOwnSessions, gate, openOwnSession, ScriptedProvider, type OwnSession } from '../own-session';

ownPlaces();
closeOwnSessions();

/** Its resources can sleep, and do nothing else. */
class Sleeper extends ScriptedProvider {
  readonly contexts = new Map<string, ResourceContext>();
  fallAsleep: (name: string, signal: AbortSignal) => Promise<void> | void = () => undefined;
  wakeUp: (name: string, signal: AbortSignal) => Promise<void> | void = () => undefined;

  constructor(constraints: Partial<ProviderConstraints> = {}) {
    super({ retain: 'session', ...constraints }, (name, context) => {
      this.contexts.set(name, context);
      context.canSleep({
        sleep: async (signal) => this.fallAsleep(name, signal),
        wake: async (signal) => this.wakeUp(name, signal),
      });
      return { name };
    });
  }
}

/** Leases one resource after the other, each for a moment. */
async function use(own: OwnSession, ...specs: string[]): Promise<void> {
  const holder = own.holder();
  for (const spec of specs) await holder.release((await holder.ask(spec)).leaseId);
}

/** What happened but for requests and leases. */
const life = (own: OwnSession): string[] =>
  own
    .story()
    .filter((line) => /^(starting|ready|slept|woke|stopping|stopped|lost|failed)/.test(line))
    .map((line) => line.replaceAll(/\d+ ms/g, 'N ms'));

const notes = ({ session }: OwnSession): string[] =>
  session.record.events.flatMap((event) => (event.type === 'noted' ? [event.message] : []));

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
  });

test('two models that take turns on one place are loaded once each, and the table counts sleeps and wakes', async () => {
  const own = await openOwnSession({ gpu: new Sleeper() });
  await use(own, 'gpu:a', 'gpu:b', 'gpu:a', 'gpu:b');
  expect(life(own)).toEqual([
    'starting gpu:a#1',
    'ready gpu:a#1',
    'slept gpu:a#1',
    'starting gpu:b#1',
    'ready gpu:b#1',
    'slept gpu:b#1',
    'woke gpu:a#1',
    'slept gpu:a#1',
    'woke gpu:b#1',
  ]);
  const { stopped, failures } = await own.session.close();
  expect({ stopped, failures }).toEqual({ stopped: 2, failures: [] });
  const [, head, , first, , second] = sessionTable(own.session.record.events).split('\n');
  const cells = (line = ''): string[] => line.split('│').map((cell) => cell.trim());
  expect(cells(head).slice(1, -1)).toEqual([
    ...['resource', 'loads', 'time to ready', 'sleeps', 'wakes', 'leases', 'busy', 'how it ended'],
  ]);
  expect(
    [first, second].map((row) => cells(row).filter((_cell, index) => [1, 2, 4, 5, 6, 8].includes(index))),
  ).toEqual([
    ['gpu:a', '1', '2', '1', '2', 'stopped'],
    ['gpu:b', '1', '1', '1', '2', 'stopped'],
  ]);
});

test('what cannot be put to sleep is stopped the usual way, and the table says why', async () => {
  const gpu = new Sleeper();
  gpu.fallAsleep = () => Promise.reject(new Error('GPU 0 has 60000 MiB in use.\nMore about it'));
  const own = await openOwnSession({ gpu });
  await use(own, 'gpu:a', 'gpu:b');
  expect(life(own).slice(2, 4)).toEqual([
    'stopping gpu:a#1: it could not be put to sleep',
    'stopped gpu:a#1',
  ]);
  expect(sessionTable(own.session.record.events).split('\n').at(-1)).toBe(
    'gpu:a: it was stopped instead of put to sleep: GPU 0 has 60000 MiB in use.',
  );
});

test('a sleep that takes longer than a stop may is given up', async () => {
  const gpu = new Sleeper({ stopTimeoutMs: 50 });
  gpu.fallAsleep = (_name, signal) => untilAborted(signal);
  const own = await openOwnSession({ gpu });
  await use(own, 'gpu:a', 'gpu:b');
  expect(notes(own)).toEqual([
    'it was stopped instead of put to sleep: it was not asleep within its stop limit of 50 ms',
  ]);
});

test('what does not wake as it was is stopped and loaded again for whoever waits, and the table says why', async () => {
  const gpu = new Sleeper();
  gpu.wakeUp = () => Promise.reject(new Error('it answers otherwise'));
  const own = await openOwnSession({ gpu });
  await use(own, 'gpu:a', 'gpu:b', 'gpu:a');
  expect(life(own).slice(5)).toEqual([
    'slept gpu:b#1',
    'stopping gpu:a#1: it did not wake',
    'stopped gpu:a#1',
    'starting gpu:a#2',
    'ready gpu:a#2',
  ]);
  expect(notes(own)).toEqual(['it was stopped and loaded again instead of woken: it answers otherwise']);
});

test('what dies asleep fails nobody, and is loaded when it is asked for again', async () => {
  const gpu = new Sleeper();
  const own = await openOwnSession({ gpu });
  await use(own, 'gpu:a');
  const holder = own.holder();
  await holder.ask('gpu:b');
  gpu.contexts.get('a')!.lost('its server was killed');
  await eventually(() => own.story().includes('stopped gpu:a#1'));
  expect(life(own)).toContain('lost gpu:a#1: its server was killed');
  expect(holder.lost).toEqual([]);
  await holder.close();
  await use(own, 'gpu:a');
  expect(life(own).slice(-3)).toEqual(['slept gpu:b#1', 'starting gpu:a#2', 'ready gpu:a#2']);
});

test('what dies while it falls asleep is gone, and its place is free', async () => {
  const gpu = new Sleeper();
  gpu.fallAsleep = (name, signal) => {
    gpu.contexts.get(name)!.lost('its server was killed');
    return untilAborted(signal);
  };
  const own = await openOwnSession({ gpu });
  await use(own, 'gpu:a', 'gpu:b');
  expect(life(own).slice(2, 5)).toEqual([
    'lost gpu:a#1: its server was killed',
    'stopping gpu:a#1: it died',
    'stopped gpu:a#1',
  ]);
  expect(notes(own)).toEqual([]);
});

test('what dies while it wakes is loaded again for whoever waits', async () => {
  const gpu = new Sleeper();
  gpu.wakeUp = (name, signal) => {
    gpu.contexts.get(name)!.lost('its server was killed');
    return untilAborted(signal);
  };
  const own = await openOwnSession({ gpu });
  await use(own, 'gpu:a', 'gpu:b', 'gpu:a');
  expect(life(own).at(-1)).toBe('ready gpu:a#2');
  expect(notes(own)).toEqual([
    'it was stopped and loaded again instead of woken: "gpu:a" died while it was woken: its server was killed',
  ]);
});

test('a request that is given up while it is woken for ends it, and the next one loads it', async () => {
  const gpu = new Sleeper();
  const own = await openOwnSession({ gpu });
  await use(own, 'gpu:a', 'gpu:b');
  const waking = gate();
  gpu.wakeUp = (_name, signal) => {
    waking.open();
    return untilAborted(signal);
  };
  const giveUp = new AbortController();
  const refused = caught(own.holder().ask('gpu:a', { signal: giveUp.signal }));
  await waking.passed;
  giveUp.abort();
  expect((await refused).code).toBe('SETUP_ABORTED');
  await use(own, 'gpu:a');
  expect(life(own).slice(6)).toEqual([
    'stopping gpu:a#1: nobody waits for it any more',
    'stopped gpu:a#1',
    'starting gpu:a#2',
    'ready gpu:a#2',
  ]);
  expect(notes(own)).toEqual([]);
});

test.each([
  ['falls asleep', ['gpu:a'], 'gpu:b', 'fallAsleep'],
  ['wakes', ['gpu:a', 'gpu:b'], 'gpu:a', 'wakeUp'],
] as const)('a session that ends while something %s stops everything', async (_what, before, last, step) => {
  const gpu = new Sleeper();
  const own = await openOwnSession({ gpu });
  await use(own, ...before);
  const under = gate();
  gpu[step] = (_name, signal) => {
    under.open();
    return untilAborted(signal);
  };
  const refused = caught(own.holder().ask(last));
  await under.passed;
  expect(await own.session.close()).toMatchObject({ failures: [], leftBehind: [] });
  expect((await refused).code).toBe('SESSION_CLOSED');
  expect(gpu.destroyed.map(({ resourceId }) => resourceId).sort()).toEqual(before.map((spec) => `${spec}#1`));
  expect(notes(own)).toEqual([]);
});

test('where nothing may sleep, what can is stopped', async () => {
  const own = await openOwnSession({ gpu: new Sleeper() }, { sleeps: false });
  await use(own, 'gpu:a', 'gpu:b');
  expect(life(own).slice(2, 4)).toEqual(['stopping gpu:a#1: its place is needed', 'stopped gpu:a#1']);
});
