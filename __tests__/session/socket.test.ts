import { readFileSync, statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { packageVersion } from '../../src/base/version';
import {
  helloRequest,
  leaseRequest,
  progressNotification,
  recordRequest,
  releaseRequest,
  type HelloRequest,
} from '../../src/session/wire/protocol';
import { SocketTransport } from '../../src/session/client/socket-transport';
import { listenPrivately, newAddress } from '../../src/session/wire/private-socket';
import { SocketServer } from '../../src/session/broker/socket-server';
import { WorkerProcesses } from '../../src/session/broker/worker-processes';
import type { EndpointPause } from '../../src/pattern/endpoint-pause';
import type { EvalProgress } from '../../src/pattern/eval-progress';
import type { EvalBoard } from '../../src/session/events/eval-board';
import { Spending } from '../../src/session/events/spending';
import { TestFiles } from '../../src/session/events/test-files';
import { LogClaims } from '../../src/session/events/log-claims';
import { caught } from '../support/caught';
import { eventually } from '../support/eventually';
import { ownPlaces } from '../support/own-places';
import { closeOwnSessions, gate, openOwnSession, ScriptedProvider, type OwnSession } from './own-session';

ownPlaces();
closeOwnSessions();
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Served extends OwnSession {
  readonly server: SocketServer;
  readonly board: EvalBoard;
  readonly db: ScriptedProvider;
  transport(label?: string): Promise<SocketTransport & { lost: unknown[]; ended: unknown[] }>;
  /** A connection that speaks the protocol by hand. */
  raw(): Promise<{ rpc: MessageConnection; socket: Socket }>;
  hello(change?: Partial<HelloRequest>): HelloRequest;
}

async function serve(db = new ScriptedProvider(), providerModule?: string): Promise<Served> {
  const own = await openOwnSession({ db });
  const board: EvalBoard = {
    records: [],
    run: undefined,
    claims: new LogClaims(),
    options: {},
    report: true,
    tables: true,
    spending: new Spending(),
    files: new TestFiles(),
    untold: undefined,
    showProgress: () => undefined,
  };
  const { session, files } = own;
  const workers = new WorkerProcesses(files);
  const server = await SocketServer.listen(files.socketPath, { session, board, providerModule, workers });
  ends.push(() => server.close());
  return {
    ...own,
    server,
    board,
    db,
    transport: async (label = 'a.eval.ts') => {
      const [lost, ended] = [[], []] as [unknown[], unknown[]];
      const transport = await SocketTransport.open(server.address, {
        label,
        providerModule: undefined,
        onLost: (leaseId, error) => lost.push({ leaseId, error }),
        onEnded: () => ended.push(true),
      });
      ends.push(() => transport.close());
      return Object.assign(transport, { lost, ended });
    },
    raw: async () => {
      const socket = connect(server.address.socket);
      const rpc = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
      rpc.onError(() => undefined);
      rpc.listen();
      ends.push(() => socket.destroy());
      return { rpc, socket };
    },
    hello: (change) => ({
      token: server.address.token,
      version: packageVersion,
      label: 'raw',
      providerModule: undefined,
      ...change,
    }),
  };
}

const request = (name: string) => ({ provider: 'db', name, holding: [], requester: 'a test' });

describe('the greeting', () => {
  test('only the owner may open the socket, and it asks for a token that no two sessions share', async () => {
    const [one, two] = [await serve(), await serve()];
    expect(statSync(one.server.address.socket).mode & 0o777).toBe(0o600);
    expect(statSync(one.files.directory).mode & 0o777).toBe(0o700);
    expect(one.server.address.token).toMatch(/^[0-9a-f]{64}$/);
    expect(one.server.address.token).not.toBe(two.server.address.token);
  });

  test('it tells the transport which providers there are', async () => {
    const transport = await (await serve()).transport();
    expect([transport.providerNames, transport.modelNames, transport.providerModule]).toEqual([
      ['db'],
      ['db'],
      undefined,
    ]);
  });

  test.each([
    ['a wrong token', (token: string) => token.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))],
    ['a token that is too short', (token: string) => token.slice(1)],
    ['a token that is too long', (token: string) => `${token}0`],
    ['an empty token', () => ''],
    ['no token', () => undefined as unknown as string],
    ['a token of another type', () => ({ length: 64 }) as unknown as string],
  ])('%s is refused, and opens nothing', async (_title, change) => {
    const served = await serve();
    const { rpc } = await served.raw();
    await expect(
      rpc.sendRequest(helloRequest, served.hello({ token: change(served.server.address.token) })),
    ).rejects.toMatchObject({
      data: { code: 'SESSION_REFUSED', message: 'The session refused the connection: wrong token.' },
    });
    await expect(rpc.sendRequest(leaseRequest, request('a'))).rejects.toMatchObject({
      data: { code: 'SESSION_REFUSED' },
    });
    expect(served.db.made).toEqual([]);
  });

  test('another version is refused, naming both', async () => {
    const served = await serve();
    const { rpc } = await served.raw();
    await expect(rpc.sendRequest(helloRequest, served.hello({ version: '0.0.1' }))).rejects.toMatchObject({
      data: {
        code: 'SESSION_REFUSED',
        message: `The session runs jest-model-provider ${packageVersion}, this file 0.0.1: install one version.`,
      },
    });
  });

  test('another provider module than the session’s is refused, naming both', async () => {
    const { server } = await serve(undefined, '/project/providers.ts');
    const open = (providerModule: string | undefined) =>
      SocketTransport.open(server.address, {
        label: 'x',
        providerModule,
        onLost: () => undefined,
        onEnded: () => undefined,
      });
    expect(await caught(open('/project/other.ts'))).toMatchObject({
      code: 'PROVIDER_MODULE_CONFLICT',
      details: { session: '/project/providers.ts', file: '/project/other.ts' },
    });
    for (const same of ['/project/providers.ts', undefined]) {
      const transport = await open(same);
      expect(transport.providerModule).toBe('/project/providers.ts');
      await transport.close();
    }
  });

  test('requests before it are refused, records too', async () => {
    const served = await serve();
    const { rpc } = await served.raw();
    const refused = {
      data: {
        code: 'SESSION_REFUSED',
        message: 'The session refused the request: no greeting came before it.',
      },
    };
    await expect(rpc.sendRequest(recordRequest, { type: 'eval', data: 'forged' })).rejects.toMatchObject(
      refused,
    );
    await expect(rpc.sendRequest(leaseRequest, request('a'))).rejects.toMatchObject(refused);
    await expect(rpc.sendRequest(releaseRequest, { leaseId: '1' })).rejects.toMatchObject(refused);
    expect(served.board.records).toEqual([]);
    expect(served.story()).toEqual([]);
  });

  test('a session that is gone gives SESSION_CLOSED', async () => {
    const { server } = await serve();
    server.close();
    const options = {
      label: 'x',
      providerModule: undefined,
      onLost: () => undefined,
      onEnded: () => undefined,
    };
    expect(await caught(SocketTransport.open(server.address, options))).toMatchObject({
      code: 'SESSION_CLOSED',
    });
  });

  test('a session that ends before it has answered gives SESSION_CLOSED', async () => {
    const { files } = await openOwnSession({});
    const ending = createServer((socket) => socket.once('data', () => socket.destroy()));
    await listenPrivately(ending, files.socketPath);
    ends.push(() => ending.close());
    const options = {
      label: 'x',
      providerModule: undefined,
      onLost: () => undefined,
      onEnded: () => undefined,
    };
    expect(await caught(SocketTransport.open(newAddress(files.socketPath), options))).toMatchObject({
      code: 'SESSION_CLOSED',
    });
  });

  test('a second one on a connection is refused, after a right and after a wrong one', async () => {
    const served = await serve();
    const refused = {
      data: { code: 'SESSION_REFUSED', message: 'The session refused a second greeting.' },
    };
    for (const token of [served.server.address.token, 'wrong']) {
      const { rpc } = await served.raw();
      await rpc.sendRequest(helloRequest, served.hello({ token })).catch(() => undefined);
      await expect(rpc.sendRequest(helloRequest, served.hello({ label: 'another' }))).rejects.toMatchObject(
        refused,
      );
    }
    const { rpc } = await served.raw();
    const [first, second] = await Promise.allSettled([
      rpc.sendRequest(helloRequest, served.hello()),
      rpc.sendRequest(helloRequest, served.hello()),
    ]);
    expect([first?.status, second?.status]).toEqual(['fulfilled', 'rejected']);
  });

  test('a connection that sends more than a greeting before one is ended, and nothing of it is kept', async () => {
    const served = await serve();
    const { socket } = await served.raw();
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('Content-Length: 1000000000\r\n\r\n');
    socket.write(Buffer.alloc(128 * 1024, 'x'));
    await closed;
  });

  test('a connection that has greeted may send messages of any length', async () => {
    const served = await serve();
    const { rpc } = await served.raw();
    await rpc.sendRequest(helloRequest, served.hello());
    const data = 'x'.repeat(1024 * 1024);
    await rpc.sendRequest(recordRequest, { type: 'eval', data });
    expect(served.board.records).toMatchObject([{ data }]);
  });

  test('progress is shown of connections that have greeted alone', async () => {
    const shown: unknown[] = [];
    const served = await serve();
    served.board.showProgress = (update) => shown.push(update);
    const [stranger, file] = [await served.raw(), await served.raw()];
    const update = (title: string): EvalProgress => ({
      ...{ id: title, title, model: 'a', done: 1, total: 2, errors: 0, isOver: false },
    });
    await stranger.rpc.sendNotification(progressNotification, update('forged'));
    await caught(stranger.rpc.sendRequest(recordRequest, { type: 'eval', data: '' }));
    await file.rpc.sendRequest(helloRequest, served.hello());
    await file.rpc.sendNotification(progressNotification, update('true'));
    await eventually(() => shown.length > 0);
    expect(shown).toMatchObject([{ title: 'true' }]);
  });

  test('bytes that are no protocol harm nobody else', async () => {
    const served = await serve();
    const socket = connect(served.server.address.socket);
    ends.push(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\n\r\n\0\0\0{"jsonrpc":');
    socket.write(Buffer.alloc(4096, 0xff));
    const transport = await served.transport();
    expect((await transport.lease(request('a'), undefined)).resourceId).toBe('db:a#1');
  });
});

describe('leases over the socket', () => {
  test('they come with resource id and connection, and end with their release', async () => {
    const { transport, db, session } = await serve();
    const file = await transport('shop.eval.ts');
    const grant = await file.lease({ ...request('a'), config: { size: 2 } }, undefined);
    expect(grant).toEqual({
      leaseId: expect.any(String),
      resourceId: 'db:a#1',
      connection: { name: 'a' },
      facts: { command: null, startMs: expect.any(Number) },
    });
    expect(session.record.events.find(({ type }) => type === 'leased')).toMatchObject({
      holder: { label: 'shop.eval.ts > a test' },
    });
    await file.release(grant.leaseId);
    expect(db.destroyed).toHaveLength(1);
  });

  test('errors cross with code, message and details', async () => {
    const { transport, db } = await serve();
    db.create = () => {
      throw new Error('no space left');
    };
    const file = await transport();
    expect(await caught(file.lease(request('a'), undefined))).toMatchObject({
      name: 'ModelProviderError',
      code: 'SETUP_FAILED',
      message: '"db:a" could not be set up: no space left',
      details: { spec: 'db:a' },
    });
    expect(await caught(file.lease({ ...request('a'), provider: 'dbx' }, undefined))).toMatchObject({
      code: 'PROVIDER_UNKNOWN',
      details: { known: ['db'] },
    });
  });

  test.each([
    ['destroyed', (socket: Socket) => socket.destroy()],
    ['ended', (socket: Socket) => socket.end()],
  ])('a connection that is %s frees its leases at once and gives up its requests', async (_title, drop) => {
    const served = await serve();
    const { rpc, socket } = await served.raw();
    await rpc.sendRequest(helloRequest, served.hello());
    await rpc.sendRequest(leaseRequest, request('a'));
    void rpc.sendRequest(leaseRequest, request('b')).catch(() => undefined);
    await eventually(() => served.story().includes('requested db:b'));
    const other = (await served.transport()).lease(request('c'), undefined);
    await eventually(() => served.story().includes('requested db:c'));
    // Not by the clock: the event loop does not turn while the machine does other things.
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 250);
    drop(socket);
    expect((await other.finally(() => clearInterval(ticking))).resourceId).toBe('db:c#1');
    // The promise is one; a machine that does much else at the same time gets more.
    expect(ticks).toBeLessThan(20);
    expect(served.db.made).toEqual(['db:a#1', 'db:c#1']);
  });

  test('a request whose signal is aborted is cancelled in the session', async () => {
    const { transport, story } = await serve();
    const [one, two] = [await transport(), await transport()];
    await one.lease(request('a'), undefined);
    const abort = new AbortController();
    const waiting = caught(two.lease(request('b'), abort.signal));
    await eventually(() => story().includes('requested db:b'));
    abort.abort();
    expect(await waiting).toMatchObject({ code: 'SETUP_ABORTED' });
    expect(await caught(two.lease(request('b'), AbortSignal.abort()))).toMatchObject({
      code: 'SETUP_ABORTED',
    });
    expect(story()).not.toContain('starting db:b#1');
  });

  test('a resource that dies is told to every file that leases it', async () => {
    let die: (reason: string) => void = () => undefined;
    const db = new ScriptedProvider({}, (_name, context) => {
      die = (reason) => context.lost(reason);
      return null;
    });
    const { transport } = await serve(db);
    const files = [await transport(), await transport()];
    const grants = await Promise.all(files.map((file) => file.lease(request('a'), undefined)));
    die('out of memory');
    await eventually(() => files.every(({ lost }) => lost.length === 1));
    expect(files.map(({ lost }) => lost)).toEqual(
      grants.map(({ leaseId }) => [{ leaseId, error: expect.objectContaining({ code: 'RESOURCE_LOST' }) }]),
    );
  });

  test('a pause of an endpoint that a file tells reaches the session, all other files, and those that come later', async () => {
    const { session, transport } = await serve();
    const [teller, other] = [await transport(), await transport()];
    const told: Record<string, EndpointPause[]> = { teller: [], other: [], later: [], session: [] };
    teller.onPause((pause) => told['teller']!.push(pause));
    other.onPause((pause) => told['other']!.push(pause));
    session.pauses.listen((pause) => told['session']!.push(pause));
    const pause = { endpoint: 'http://127.0.0.1:1/v1', ms: 60_000 };
    teller.pause(pause);
    await eventually(() => told['other']!.length > 0);
    const later = await transport();
    later.onPause((known) => told['later']!.push(known));
    await eventually(() => told['later']!.length > 0);
    expect(told).toMatchObject({ teller: [], other: [pause], session: [pause] });
    expect(told['later']).toEqual([{ ...pause, ms: expect.any(Number) as number }]);
    expect(told['later']![0]!.ms).toBeLessThanOrEqual(60_000);
    expect(told['later']![0]!.ms).toBeGreaterThan(30_000);
  });

  test('what a file spends reaches the session, all other files, and those that come later', async () => {
    const { transport, board } = await serve();
    const [spender, other] = [await transport(), await transport()];
    spender.spend(0.25);
    await eventually(() => other.spent > 0);
    other.spend(0.5);
    await eventually(() => spender.spent > 0.25);
    const later = await transport();
    await eventually(() => later.spent > 0);
    expect([spender.spent, other.spent, later.spent]).toEqual([0.75, 0.75, 0.75]);
    // Watch mode: another run, with a budget of its own.
    board.spending = new Spending();
    spender.spend(1);
    expect((await transport()).spent).toBe(0);
  });

  test('a file whose project gives other options of the run, or none, is refused', async () => {
    const { raw, hello, board } = await serve();
    board.options = { prices: 'a', maxCost: 'b' };
    const greet = async (options?: Record<string, string>): Promise<unknown> => {
      const { rpc } = await raw();
      return rpc.sendRequest(helloRequest, hello(options === undefined ? {} : { options }));
    };
    await greet({ prices: 'a', maxCost: 'b' });
    for (const options of [{ prices: 'a', maxCost: 'c' }, { prices: 'a' }, undefined]) {
      const error: object = await caught(greet(options));
      expect(error).toHaveProperty('data.code', 'CONFIG_INVALID');
      expect(error).toHaveProperty(
        'data.message',
        expect.stringMatching(
          /^testEnvironmentOptions\.evals\.(maxCost|prices) differs between the projects/,
        ),
      );
    }
  });

  test('records of a file arrive in its order, also those sent just before it closes', async () => {
    const { transport, board } = await serve();
    const file = await transport();
    const records = Array.from({ length: 50 }, (_, index) => ({ type: 'eval', data: index }));
    for (const record of records) file.record(record);
    await file.close();
    expect(board.records).toEqual(records.map((record) => ({ ...record, from: 'a.eval.ts' })));
  });

  test('a provider that no module names is refused with the way to name it', async () => {
    const file = await (await serve()).transport();
    expect(() => file.adopt()).toThrow(/defineProviders\(\)/);
  });
});

describe('the end of the session', () => {
  test('files are told, and what they wait for fails with SESSION_CLOSED', async () => {
    const never = gate<null>();
    const { transport, server, db, session } = await serve();
    db.create = (_name, { signal }) => Promise.race([never.passed, rejection(signal)]);
    const file = await transport();
    const waiting = caught(file.lease(request('a'), undefined));
    await eventually(() => db.made.length === 1);
    server.close();
    expect(await waiting).toMatchObject({ code: 'SESSION_CLOSED' });
    await eventually(() => file.ended.length === 1);
    expect(await caught(file.lease(request('a'), undefined))).toMatchObject({ code: 'SESSION_CLOSED' });
    await file.release('1');
    file.record({ type: 'eval', data: null });
    await session.close();
  });

  test('a transport that closes does not wait for an answer that nobody can give any more', async () => {
    const { transport, server } = await serve();
    const file = await transport();
    file.record({ type: 'eval', data: null });
    server.close();
    await file.close();
  });

  test('a transport that closes itself is not told', async () => {
    const file = await (await serve()).transport();
    await Promise.all([file.close(), file.close()]);
    expect(file.ended).toEqual([]);
  });
});

test('the token stands in no file', async () => {
  const { server, files } = await serve();
  const ledger = readFileSync(files.guardianOptions.ledger, 'utf8');
  expect(ledger).toContain(files.session);
  expect(ledger).not.toContain(server.address.token);
});

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error)),
  );
}
