import { existsSync } from 'node:fs';
import type { ProviderConstraints } from '../../../src/pattern/constraints';
import { ModelProviderError } from '../../../src/base/errors';
import { resourceKey } from '../../../src/pattern/resource-spec';
import { caught } from '../../support/caught';
import { eventually } from '../../support/eventually';
import { ownPlaces } from '../../support/own-places';
import { closeOwnSessions, gate, openOwnSession, ScriptedProvider } from '../own-session';

ownPlaces();
closeOwnSessions();

describe('leases', () => {
  test('equal requests share one resource, which ends with the last of its leases', async () => {
    const db = new ScriptedProvider();
    const holder = (await openOwnSession({ db })).holder();
    const [a, b] = await Promise.all([holder.ask('db:shop'), holder.ask('db:shop')]);
    expect(a).toEqual({
      leaseId: expect.any(String),
      resourceId: 'db:shop#1',
      connection: { name: 'shop' },
      facts: { command: null, startMs: expect.any(Number) },
    });
    expect(b.resourceId).toBe(a.resourceId);
    expect(b.leaseId).not.toBe(a.leaseId);
    await holder.release(a.leaseId);
    expect(db.destroyed).toEqual([]);
    await holder.release(b.leaseId);
    expect(db.destroyed).toEqual([{ resourceId: 'db:shop#1', name: 'shop', connection: { name: 'shop' } }]);
  });

  test('another name, or another configuration, is another resource; the order of its keys does not matter', async () => {
    const db = new ScriptedProvider({ maxLive: 9 });
    const holder = (await openOwnSession({ db })).holder();
    const ids = await Promise.all(
      [{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 1 }, undefined].map((config) =>
        holder.ask('db:shop', config === undefined ? {} : { config }),
      ),
    );
    expect(ids.map(({ resourceId }) => resourceId)).toEqual([
      'db:shop#1',
      'db:shop#1',
      'db:shop#2',
      'db:shop#3',
    ]);
    expect((await holder.ask('db:other')).resourceId).toBe('db:other#1');
  });

  test('releasing a lease twice, or somebody else’s, does nothing', async () => {
    const db = new ScriptedProvider();
    const { holder } = await openOwnSession({ db });
    const [one, two] = [holder(), holder()];
    const a = await one.ask('db:shop');
    const b = await one.ask('db:shop');
    await two.release(b.leaseId);
    await one.release(a.leaseId);
    await one.release(a.leaseId);
    await one.release('nonsense');
    expect(db.destroyed).toEqual([]);
    await one.release(b.leaseId);
    expect(db.destroyed).toHaveLength(1);
  });

  test('a holder that closes gives back all it holds and gives up all it waits for', async () => {
    const db = new ScriptedProvider({ maxLive: 1 });
    const { holder, story } = await openOwnSession({ db });
    const [one, two] = [holder(), holder()];
    await one.ask('db:a');
    const waiting = caught(one.ask('db:b'));
    const other = two.ask('db:c');
    await one.close();
    expect(await waiting).toMatchObject({ code: 'SETUP_ABORTED' });
    expect((await other).resourceId).toBe('db:c#1');
    expect(story()).not.toContain('starting db:b#1');
    expect(await caught(one.ask('db:a'))).toMatchObject({ code: 'SETUP_ABORTED' });
  });

  test('an unknown provider is refused with the known ones and the nearest', async () => {
    const holder = (await openOwnSession({ database: new ScriptedProvider() })).holder();
    const error = await caught(holder.ask('databse:shop'));
    expect(error).toMatchObject({ code: 'PROVIDER_UNKNOWN', details: { known: ['database'] } });
    expect(error.message).toContain('Did you mean "database"?');
  });
});

describe('retention', () => {
  async function retained(retain: ProviderConstraints['retain']) {
    const db = new ScriptedProvider({ retain });
    const own = await openOwnSession({ db });
    const holder = own.holder();
    const again = async (): Promise<string> => {
      const { leaseId, resourceId } = await holder.ask('db:shop');
      await holder.release(leaseId);
      return resourceId;
    };
    return { db, own, again };
  }

  test('lease: the next lease gets a new resource', async () => {
    const { again } = await retained('lease');
    expect([await again(), await again()]).toEqual(['db:shop#1', 'db:shop#2']);
  });

  test('session: the next lease gets the same resource, until the session ends', async () => {
    const { db, own, again } = await retained('session');
    expect([await again(), await again()]).toEqual(['db:shop#1', 'db:shop#1']);
    expect(db.destroyed).toEqual([]);
    expect(await own.session.close()).toMatchObject({ stopped: 1, failures: [], leftBehind: [] });
    expect(db.destroyed).toHaveLength(1);
  });

  test('session: it makes room as soon as its place is needed', async () => {
    const { again, own } = await retained('session');
    await again();
    expect((await own.holder().ask('db:other')).resourceId).toBe('db:other#1');
    expect(own.story()).toContain('stopping db:shop#1: its place is needed');
  });

  test('idleMs: it makes room as soon as its place is needed', async () => {
    const { again, own } = await retained({ idleMs: 60_000 });
    await again();
    expect((await own.holder().ask('db:other')).resourceId).toBe('db:other#1');
    expect(own.story()).toContain('stopping db:shop#1: its place is needed');
  });

  test.each(['lease', 'session', { idleMs: 1 }] as const)(
    '%j: a resource that somebody waits for is not ended',
    async (retain) => {
      const db = new ScriptedProvider({ retain, sharing: 'exclusive' });
      const holder = (await openOwnSession({ db })).holder();
      const first = await holder.ask('db:shop');
      const second = holder.ask('db:shop');
      await holder.release(first.leaseId);
      expect((await second).resourceId).toBe('db:shop#1');
    },
  );

  test('of two that are unused the one that loads faster makes room, by what earlier sessions have learned', async () => {
    const earlier = await openOwnSession({});
    earlier.files.loadTimes.note(resourceKey('gpu', 'heavy', undefined), 100_000);
    const own = await openOwnSession({ gpu: new ScriptedProvider({ maxLive: 2, retain: 'session' }) });
    const holder = own.holder();
    for (const spec of ['gpu:heavy', 'gpu:light']) await holder.release((await holder.ask(spec)).leaseId);
    await holder.ask('gpu:other');
    expect(own.story()).toContain('stopping gpu:light#1: its place is needed');
  });

  test('idleMs: it ends by itself when nobody leases it for that long', async () => {
    const { db, own, again } = await retained({ idleMs: 20 });
    await again();
    await eventually(() => db.destroyed.length === 1);
    expect(own.story()).toContain('stopping db:shop#1: it was idle');
  });

  test('idleMs: a lease within that time keeps it', async () => {
    const { db, own, again } = await retained({ idleMs: 20 });
    await again();
    const holder = own.holder();
    await holder.ask('db:shop');
    const idle = await holder.ask('db:shop');
    await holder.release(idle.leaseId);
    const passed = gate();
    setTimeout(() => passed.open(), 60);
    await passed.passed;
    expect(db.destroyed).toEqual([]);
  });
});

describe('the start', () => {
  test('its limit counts from the grant of a place, not from the request', async () => {
    const slow = gate();
    const startTimeoutMs = 400;
    const db = new ScriptedProvider({ startTimeoutMs });
    const { holder } = await openOwnSession({ db });
    const [first, second] = [holder(), holder()];
    const held = await first.ask('db:a');
    const waiting = second.ask('db:b');
    setTimeout(() => slow.open(), startTimeoutMs * 1.5);
    await slow.passed;
    await first.release(held.leaseId);
    expect((await waiting).resourceId).toBe('db:b#1');
  });

  test('one that takes longer fails with SETUP_TIMEOUT, naming spec and limit, and may be tried again', async () => {
    const db = new ScriptedProvider({ startTimeoutMs: 50 }, (_name, { signal }) => untilAborted(signal));
    const holder = (await openOwnSession({ db })).holder();
    const error = await caught(holder.ask('db:a'));
    expect(error).toMatchObject({
      code: 'SETUP_TIMEOUT',
      message: '"db:a" was not ready within its start limit of 50 ms.',
    });
    db.create = () => 'there';
    expect(await holder.ask('db:a')).toMatchObject({ resourceId: 'db:a#2', connection: 'there' });
  });

  test('one that takes longer is reported in the words of its provider, if that has any', async () => {
    const words = new ModelProviderError('SETUP_TIMEOUT', 'db:a: too slow; it printed nothing.');
    const db = new ScriptedProvider({ startTimeoutMs: 50 }, (_name, { signal }) =>
      untilAborted(signal).catch(() => Promise.reject(words)),
    );
    const error = await caught((await openOwnSession({ db })).holder().ask('db:a'));
    expect(error).toMatchObject({ code: 'SETUP_TIMEOUT', message: words.message });
  });

  test('it is aborted when the last who waits for it goes away, and not before', async () => {
    let aborted = false;
    const db = new ScriptedProvider({}, (_name, { signal }) =>
      untilAborted(signal).finally(() => (aborted = true)),
    );
    const { holder, story } = await openOwnSession({ db });
    const aborts = [new AbortController(), new AbortController()];
    const waiting = aborts.map(({ signal }) => caught(holder().ask('db:a', { signal })));
    await eventually(() => db.made.length === 1);
    aborts[0]!.abort();
    expect(await waiting[0]).toMatchObject({ code: 'SETUP_ABORTED' });
    expect(aborted).toBe(false);
    aborts[1]!.abort();
    expect(await waiting[1]).toMatchObject({ code: 'SETUP_ABORTED' });
    await eventually(() => aborted && story().includes('stopped db:a#1'));
  });

  test('one that fails leaves nothing behind when the error arrives, undoes its steps in reverse, and may be tried again', async () => {
    const undone: string[] = [];
    let directory = '';
    const db = new ScriptedProvider({}, (_name, context) => {
      ({ directory } = context);
      context.defer('first', () => void undone.push('first'));
      context.defer('second', () => void undone.push('second'));
      throw new Error('the disk is full');
    });
    const { holder, files } = await openOwnSession({ db });
    const asking = holder();
    const errors = await Promise.all([caught(asking.ask('db:a')), caught(asking.ask('db:a'))]);
    for (const error of errors) {
      expect(error).toMatchObject({
        code: 'SETUP_FAILED',
        message: '"db:a" could not be set up: the disk is full',
      });
    }
    expect(undone).toEqual(['second', 'first']);
    expect(directory.startsWith(files.directory)).toBe(true);
    expect(existsSync(directory)).toBe(false);
    expect([db.made, db.destroyed]).toEqual([['db:a#1'], []]);
    db.create = () => 'there';
    expect(await asking.ask('db:a')).toMatchObject({ resourceId: 'db:a#2' });
  });

  test('what a start makes after it was given up is destroyed all the same', async () => {
    const late = gate<string>();
    const db = new ScriptedProvider({}, () => late.passed);
    const { holder, story } = await openOwnSession({ db });
    const abort = new AbortController();
    const waiting = caught(holder().ask('db:a', { signal: abort.signal }));
    await eventually(() => db.made.length === 1);
    abort.abort();
    await waiting;
    setTimeout(() => late.open('made after all'), 1500);
    await eventually(() => story().includes('stopped db:a#1'));
    expect(db.destroyed).toEqual([{ resourceId: 'db:a#1', name: 'a', connection: 'made after all' }]);
  });

  test('one that never ends, though given up, keeps its place and is reported', async () => {
    const never = gate();
    const db = new ScriptedProvider({ startTimeoutMs: 20, stopTimeoutMs: 20 }, () => never.passed);
    const { holder, session } = await openOwnSession({ db });
    expect(await caught(holder().ask('db:a'))).toMatchObject({ code: 'SETUP_TIMEOUT' });
    const { failures } = await session.close();
    expect(failures.map(({ message }) => message)).toEqual([
      '"db:a#1" could not be torn down: createResource: has not ended, although its signal was aborted',
    ]);
  });

  test.each([
    ['undefined', undefined, 'connection is not'],
    ['a function', { open: () => 1 }, 'connection.open is not'],
    ['a circular reference', circular(), 'connection.self is not'],
    ['not a number', { list: [1, NaN] }, 'connection.list[1] is not'],
  ])(
    'a connection that is no JSON (%s) is refused by its path, and destroyed',
    async (_title, connection, message) => {
      const db = new ScriptedProvider({}, () => connection);
      const error = await caught((await openOwnSession({ db })).holder().ask('db:a'));
      expect(error).toMatchObject({ code: 'PROVIDER_INVALID' });
      expect(error.message).toContain(message);
      expect(db.destroyed).toHaveLength(1);
    },
  );

  test('two resources never share a directory, however alike their names', async () => {
    const directories: string[] = [];
    const db = new ScriptedProvider({ maxLive: 9 }, (_name, { directory }) => directories.push(directory));
    const holder = (await openOwnSession({ db })).holder();
    for (const name of ['a b', 'a/b', 'a_b', 'a$b', 'é', 'x'.repeat(300), `y${'x'.repeat(300)}`])
      await holder.ask(`db:${name}`);
    expect(new Set(directories).size).toBe(7);
    expect(directories.filter((path) => !existsSync(path))).toEqual([]);
  });

  test('a resource that says it died before it was ready is a failed start, not a lent one', async () => {
    const db = new ScriptedProvider({}, (_name, context) => {
      context.lost('the socket closed');
      return null;
    });
    const error = await caught((await openOwnSession({ db })).holder().ask('db:a'));
    expect(error).toMatchObject({
      code: 'SETUP_FAILED',
      message: '"db:a" died while it was started: the socket closed.',
    });
  });
});

describe('the teardown', () => {
  test('one that fails is told to whoever releases, and repeated when the release is', async () => {
    const db = new ScriptedProvider();
    let isLocked = true;
    db.destroy = () => {
      if (isLocked) throw new Error('the door is locked');
    };
    const holder = (await openOwnSession({ db })).holder();
    const { leaseId } = await holder.ask('db:a');
    for (let count = 1; count <= 2; count += 1) {
      const error = await caught(holder.release(leaseId));
      expect(error).toMatchObject({
        code: 'TEARDOWN_FAILED',
        details: { resourceId: 'db:a#1', failures: ['the door is locked'] },
      });
      expect(db.destroyed).toHaveLength(count);
    }
    isLocked = false;
    await holder.release(leaseId);
    await holder.release(leaseId);
    expect(db.destroyed).toHaveLength(3);
  });

  test('one that hangs is reported after its limit, does not stop the other steps, and is never run twice at once', async () => {
    const stuck = gate();
    const undone: string[] = [];
    const db = new ScriptedProvider({ stopTimeoutMs: 30 }, (_name, context) => {
      context.defer('early step', () => void undone.push('early'));
      return null;
    });
    db.destroy = () => stuck.passed;
    const holder = (await openOwnSession({ db })).holder();
    const { leaseId } = await holder.ask('db:a');
    for (let count = 0; count < 2; count += 1) {
      expect((await caught(holder.release(leaseId))).message).toBe(
        '"db:a#1" could not be torn down: took longer than the stop limit of 30 ms',
      );
    }
    expect([undone, db.destroyed.length]).toEqual([['early'], 1]);
    stuck.open();
    await holder.release(leaseId);
    expect(db.destroyed).toHaveLength(1);
  });

  test('a place that a failed teardown holds is freed for whoever needs it, or refused with the reason', async () => {
    const db = new ScriptedProvider();
    db.destroy = () => {
      throw new Error('the door is locked');
    };
    const holder = (await openOwnSession({ db })).holder();
    const { leaseId } = await holder.ask('db:a');
    await caught(holder.release(leaseId));
    const error = await caught(holder.ask('db:b'));
    expect(error).toMatchObject({ code: 'TEARDOWN_FAILED' });
    expect(error.message).toMatch(/"db:b" has no place.*the door is locked/);
    db.destroy = () => undefined;
    expect((await holder.ask('db:b')).resourceId).toBe('db:b#1');
  });
});

describe('close', () => {
  test('every teardown is attempted, also when some fail, and all failures are reported', async () => {
    const db = new ScriptedProvider({ maxLive: 9, retain: 'session' });
    db.destroy = ({ name }) => {
      if (name !== 'b') throw new Error(`no end for ${name}`);
    };
    const { holder, session } = await openOwnSession({ db });
    for (const name of ['a', 'b', 'c']) await holder().ask(`db:${name}`);
    const report = await session.close();
    expect(report.failures.map(({ message }) => message).sort()).toEqual([
      '"db:a#1" could not be torn down: no end for a',
      '"db:c#1" could not be torn down: no end for c',
    ]);
    expect(db.destroyed.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c']);
    expect(report).toMatchObject({ stopped: 3, leftBehind: [] });
  });

  test('calls at the same time share one close, and requests after it are refused', async () => {
    const db = new ScriptedProvider();
    const { holder, session } = await openOwnSession({ db });
    const { leaseId } = await holder().ask('db:a');
    const [a, b] = await Promise.all([session.close(), session.close()]);
    expect(a).toBe(b);
    expect(db.destroyed).toHaveLength(1);
    await holder().release(leaseId);
    expect(await caught(holder().ask('db:a'))).toMatchObject({ code: 'SESSION_CLOSED' });
  });

  test('requests that wait are refused, and starts under way are given up', async () => {
    const db = new ScriptedProvider({}, (_name, { signal }) => untilAborted(signal));
    const { holder, session } = await openOwnSession({ db });
    const waiting = [caught(holder().ask('db:a')), caught(holder().ask('db:b'))];
    await eventually(() => db.made.length === 1);
    await session.close();
    expect((await Promise.all(waiting)).map(({ code }) => code)).toEqual([
      'SESSION_CLOSED',
      'SESSION_CLOSED',
    ]);
    expect(db.made).toEqual(['db:a#1']);
  });
});

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function circular(): object {
  const value: { self?: object } = {};
  value.self = value;
  return value;
}
