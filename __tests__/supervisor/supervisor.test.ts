import { statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import type { Json } from '../../src/base/json';
import { packageVersion } from '../../src/base/version';
import { listenPrivately, newAddress } from '../../src/session/wire/private-socket';
import { announceSupervisor, findSupervisor } from '../../src/session/warm/supervisor-address';
import { SupervisorLink } from '../../src/session/warm/supervisor-link';
import {
  borrowRequest,
  downRequest,
  greetRequest,
  offerRequest,
  statusRequest,
} from '../../src/session/warm/supervisor-protocol';
import { caught } from '../support/caught';
import { eventually } from '../support/eventually';
import { ownPlaces } from '../support/own-places';
import { closeOwnSessions, gate, openOwnSession, ScriptedProvider } from '../session/own-session';
import { closeClients, ownRun, ownSupervisor } from './own-supervisor';

ownPlaces();
closeOwnSessions();
closeClients();

/** Says what its answers depend on. */
class Identified extends ScriptedProvider {
  weights = 'v1';
  override identity = (): Json => {
    return { weights: this.weights };
  };
}

describe('a run', () => {
  test('leases what is warm instead of making it, and gives it back', async () => {
    const warm = new Identified();
    const supervisor = await ownSupervisor({ db: warm });
    await supervisor.up('db:a');
    const db = new Identified();
    const run = await ownRun({ db });
    const holder = run.holder();
    const { leaseId, connection, resourceId } = await holder.ask('db:a');
    expect({ connection, resourceId, made: db.made }).toEqual({
      connection: { name: 'a' },
      resourceId: 'db:a#1',
      made: [],
    });
    const { resources } = await supervisor.status();
    expect(resources[0]?.holders).toEqual([`jest (pid ${process.pid}) in ${process.cwd()}`]);
    await holder.release(leaseId);
    expect((await supervisor.status()).resources[0]?.holders).toEqual([]);
    expect(run.story()).toEqual([
      'requested db:a',
      'borrowed db:a#1',
      'leased db:a#1',
      'released db:a#1',
      'returned db:a#1',
    ]);
    expect(warm.destroyed).toEqual([]);
  });

  test('that ends gives everything back, and has stopped nothing', async () => {
    const supervisor = await ownSupervisor({ db: new Identified({ retain: 'session' }) });
    await supervisor.up('db:a');
    const run = await ownRun({ db: new Identified({ retain: 'session' }) });
    await run.holder().ask('db:a');
    expect(await run.session.close()).toMatchObject({ stopped: 0, failures: [] });
    await eventually(() => supervisor.story().includes('released db:a#1'));
  });

  test('whose provider knows other weights makes its own, and says why', async () => {
    const supervisor = await ownSupervisor({ db: new Identified() });
    await supervisor.up('db:a');
    const own = new Identified();
    own.weights = 'v2';
    const run = await ownRun({ db: own });
    await run.holder().ask('db:a');
    expect(own.made).toEqual(['db:a#1']);
    expect(run.said[0]).toBe(
      'jest-model-provider: warm "db:a" is not used: its weights, engine or options have changed',
    );
  });

  test('of another directory makes its own where the provider cannot say what its answers depend on', async () => {
    const supervisor = await ownSupervisor({ db: new ScriptedProvider() }, { directory: '/elsewhere' });
    await supervisor.up('db:a');
    const own = new ScriptedProvider();
    const run = await ownRun({ db: own });
    await run.holder().ask('db:a');
    expect(own.made).toEqual(['db:a#1']);
    expect(run.said[0]).toBe('jest-model-provider: warm "db:a" is not used: it belongs to /elsewhere');
  });

  test('with another provider module, another config or another name makes its own', async () => {
    const supervisor = await ownSupervisor({ db: new Identified({ maxLive: 9 }) }, { moduleVersion: 'abc' });
    await supervisor.up('db:a');
    const own = new Identified({ maxLive: 9 });
    const run = await ownRun({ db: own }, 'abd');
    await run.holder().ask('db:a');
    expect(run.said[0]).toContain('the provider module is another one, or has changed');
    const same = await ownRun({ db: own }, 'abc');
    await same.holder().ask('db:a', { config: { size: 1 } });
    await same.holder().ask('db:b');
    expect(own.made).toEqual(['db:a#1', 'db:a#1', 'db:b#1']);
    expect(same.said).toEqual([]);
  });

  test('makes its own when the supervisor ends while it is asked', async () => {
    const { files } = await openOwnSession({});
    const address = newAddress(files.socketPath);
    const project = { directory: process.cwd(), providerModule: null, moduleVersion: null };
    const dying = createServer((socket) => {
      const rpc = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
      rpc.onRequest(greetRequest, () => ({ pid: process.pid, version: packageVersion, project }));
      rpc.onRequest(offerRequest, () => {
        dying.close();
        socket.destroy();
        return null;
      });
      rpc.onError(() => undefined);
      rpc.listen();
    });
    await listenPrivately(dying, files.socketPath);
    announceSupervisor(files.directory, address);
    const own = new Identified();
    const run = await ownRun({ db: own });
    await run.holder().ask('db:a');
    expect(own.made).toEqual(['db:a#1']);
    expect(dying.listening).toBe(false);
  });

  test('loses what it borrowed when that dies, with its last words', async () => {
    let die: (reason: string) => void = () => undefined;
    const warm = new Identified({}, (name, context) => {
      die = (reason) => context.lost(reason);
      return { name };
    });
    const supervisor = await ownSupervisor({ db: warm });
    await supervisor.up('db:a');
    const run = await ownRun({ db: new Identified() });
    const holder = run.holder();
    await holder.ask('db:a');
    die('its disk is full');
    await eventually(() => holder.lost.length === 1);
    expect(holder.lost[0]?.error).toMatchObject({
      code: 'RESOURCE_LOST',
      message: '"db:a#1" died while it was in use: its disk is full.',
    });
    // The next one is made, for nothing is warm any more.
    const own = await holder.ask('db:a');
    expect(own.resourceId).toBe('db:a#2');
  });
});

describe('the limit of a provider', () => {
  test('counts warm resources: an unused one makes room', async () => {
    const warm = new Identified();
    const supervisor = await ownSupervisor({ db: warm });
    await supervisor.up('db:a');
    const own = new Identified();
    const run = await ownRun({ db: own });
    await run.holder().ask('db:b');
    expect(own.made).toEqual(['db:b#1']);
    expect(warm.destroyed.map(({ resourceId }) => resourceId)).toEqual(['db:a#1']);
    expect(run.said).toEqual(['jest-model-provider: ended warm "db:a": "db:b" needs its place']);
  });

  test('counts warm resources: one in use by another run refuses at once, naming who uses it', async () => {
    const supervisor = await ownSupervisor({ db: new Identified() });
    await supervisor.up('db:a');
    const [first, second] = [await ownRun({ db: new Identified() }), await ownRun({ db: new Identified() })];
    await first.holder().ask('db:a');
    const me = `jest (pid ${process.pid}) in ${process.cwd()}`;
    expect(await caught(second.holder().ask('db:b'))).toMatchObject({
      code: 'WARM_RESOURCE_IN_USE',
      message: `"db:b" has no place: the supervisor (pid ${process.pid}) keeps resources warm, and "db:a" is in use by ${me}. Wait until that has ended, and try again.`,
    });
  });

  test('holds within a run: one slot serves the warm resource and then an own one', async () => {
    const warm = new Identified();
    const supervisor = await ownSupervisor({ db: warm });
    await supervisor.up('db:a');
    const own = new Identified();
    const run = await ownRun({ db: own });
    const holder = run.holder();
    const { leaseId } = await holder.ask('db:a');
    const other = holder.ask('db:b');
    await holder.release(leaseId);
    await other;
    expect(warm.destroyed).toHaveLength(1);
    expect(own.made).toEqual(['db:b#1']);
  });

  test('leaves what fits beside the run', async () => {
    const supervisor = await ownSupervisor({ db: new Identified({ maxLive: 3 }) });
    await supervisor.up('db:a', 'db:b');
    const run = await ownRun({ db: new Identified({ maxLive: 3 }) });
    const holder = run.holder();
    await holder.ask('db:c');
    expect((await supervisor.status()).resources).toHaveLength(2);
    await holder.ask('db:d');
    expect((await supervisor.status()).resources.map(({ spec }) => spec)).toEqual(['db:b']);
  });
});

describe('up', () => {
  test('keeps what providers give up at their last lease, and loads nothing twice', async () => {
    const db = new Identified({ retain: 'lease' });
    const supervisor = await ownSupervisor({ db });
    expect((await supervisor.up('db:a')).loaded).toEqual(['db:a']);
    expect((await supervisor.up('db:a')).loaded).toEqual([]);
    expect(db.made).toEqual(['db:a#1']);
  });

  test('loads anew what has changed since', async () => {
    const db = new Identified();
    const supervisor = await ownSupervisor({ db });
    await supervisor.up('db:a');
    db.weights = 'v2';
    expect((await supervisor.up('db:a')).loaded).toEqual(['db:a']);
    expect(db.destroyed).toHaveLength(1);
  });

  test.each<[string, ScriptedProvider, Json[], string, string]>([
    [
      'more than fit at once',
      new Identified(),
      ['db:a', 'db:b'],
      'CONFIG_INVALID',
      `2 resources of "db" cannot be warm at once: its maxLive is 1. Name fewer, or raise the provider's maxLive.`,
    ],
    [
      'what each lease has for itself',
      new ScriptedProvider({ sharing: 'perLease' }),
      ['db:a'],
      'CONFIG_INVALID',
      `"db:a" cannot be kept warm: each lease has a resource of its own (sharing: 'perLease').`,
    ],
    ['a spec without a name', new Identified(), ['db'], 'SPEC_INVALID', 'Resource spec "db" must be'],
    ['an unknown provider', new Identified(), ['dd:a'], 'PROVIDER_UNKNOWN', 'Did you mean "db"?'],
    [
      'what fails to start',
      new Identified({}, () => Promise.reject(new Error('no disk'))),
      ['db:a'],
      'SETUP_FAILED',
      '"db:a" could not be set up: no disk',
    ],
  ])('refuses %s as a run would', async (_what, db, requests, code, message) => {
    const supervisor = await ownSupervisor({ db });
    const client = await supervisor.client();
    expect(await caught(client.up({ requests, ttlMs: 1000 }))).toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
    client.close();
    await eventually(() => supervisor.exits.length > 0);
  });

  test('that is interrupted gives the start up, and a supervisor of nothing ends', async () => {
    const started = gate();
    const db = new Identified({}, (_name, { signal }) => {
      started.open();
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    });
    const supervisor = await ownSupervisor({ db });
    const client = await supervisor.client();
    const up = caught(client.up({ requests: ['db:a'], ttlMs: 1000 }));
    await started.passed;
    client.close();
    await up;
    await eventually(() => supervisor.exits.length > 0);
    expect(supervisor.session.isClosing).toBe(true);
  });
});

describe('down', () => {
  test('refuses while a run uses the resource, and ends nothing then', async () => {
    const db = new Identified({ maxLive: 2 });
    const supervisor = await ownSupervisor({ db });
    await supervisor.up('db:a', 'db:b');
    const run = await ownRun({ db: new Identified({ maxLive: 2 }) });
    await run.holder().ask('db:a');
    for (const requests of [[], ['db:b', 'db:a']]) {
      expect(await caught((await supervisor.client()).down(requests))).toMatchObject({
        code: 'WARM_RESOURCE_IN_USE',
        message: expect.stringMatching(/^Nothing was ended: .* "db:a" is in use by jest \(pid/) as string,
      });
    }
    expect(db.destroyed).toEqual([]);
  });

  test('of everything ends also what warm resources lease from each other', async () => {
    const server = new Identified({ maxLive: 2 });
    const app = new Identified({}, async (_name, context) => {
      return { on: (await context.lease('server:x')).connection };
    });
    const supervisor = await ownSupervisor({ app, server });
    await supervisor.up('server:x', 'app:a');
    const { resources } = await supervisor.status();
    expect(resources.map(({ holders }) => holders)).toEqual([['resource app:a#1'], []]);
    // Its process is that of the test, so that nothing can wait for the end of that.
    const link = await SupervisorLink.open(findSupervisor()!, { label: 'a test' });
    expect(await link.ask(downRequest, { requests: [] })).toEqual(['server:x', 'app:a']);
    link.close();
  });

  test('takes a run for a run, also one whose name reads like that of a resource', async () => {
    const supervisor = await ownSupervisor({ db: new Identified() });
    await supervisor.up('db:a');
    const link = await SupervisorLink.open(findSupervisor()!, { label: 'resource hunter' });
    await link.ask(borrowRequest, { resourceId: 'db:a#1' });
    expect(await caught((await supervisor.client()).down([]))).toMatchObject({
      code: 'WARM_RESOURCE_IN_USE',
      message: expect.stringContaining('"db:a" is in use by resource hunter') as string,
    });
    link.close();
  });

  test('of what is not warm says what is', async () => {
    const supervisor = await ownSupervisor({ db: new Identified() });
    await supervisor.up('db:a');
    expect(await caught((await supervisor.client()).down(['db:b']))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: '"db:b" is not warm: only "db:a".',
    });
  });

  test('tells of a stop that failed, and may be repeated', async () => {
    const db = new Identified({ maxLive: 2 });
    db.destroy = () => {
      db.destroy = () => undefined;
      throw new Error('busy');
    };
    const supervisor = await ownSupervisor({ db });
    await supervisor.up('db:a', 'db:b');
    const client = await supervisor.client();
    expect(await caught(client.down(['db:a']))).toMatchObject({ code: 'TEARDOWN_FAILED' });
    expect(await client.down(['db:a'])).toMatchObject({ stopped: ['db:a'] });
  });
});

test('only the owner may read the token and open the socket; a wrong token, and a request without a greeting, are refused', async () => {
  const supervisor = await ownSupervisor({ db: new Identified() });
  const socket = connect(supervisor.files.socketPath);
  const rpc = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  rpc.listen();
  expect(await caught(rpc.sendRequest(statusRequest, null))).toMatchObject({
    data: { code: 'SESSION_REFUSED' },
  });
  expect(
    await caught(rpc.sendRequest(greetRequest, { token: 'x', label: 'a stranger', keeps: false })),
  ).toMatchObject({
    data: { code: 'SESSION_REFUSED' },
  });
  socket.destroy();
  const file = join(supervisor.files.directory, 'supervisor.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(supervisor.files.socketPath).mode & 0o777).toBe(0o600);
});
