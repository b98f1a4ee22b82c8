import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { packageVersion } from '../../src/base/version';
import { SocketServer } from '../../src/session/broker/socket-server';
import { SocketTransport } from '../../src/session/client/socket-transport';
import { Spending } from '../../src/session/events/spending';
import { TestFiles } from '../../src/session/events/test-files';
import { WorkerProcesses } from '../../src/session/broker/worker-processes';
import { LogClaims } from '../../src/session/events/log-claims';
import { helloRequest, leaseRequest } from '../../src/session/wire/protocol';
import { greetRequest, statusRequest } from '../../src/session/warm/supervisor-protocol';
import { SupervisorLink } from '../../src/session/warm/supervisor-link';
import { Ledger } from '../../src/process/ledger/ledger';
import { thisMachine } from '../../src/process/os/machine';
import { ownIdentity } from '../../src/process/os/process-identity';
import { brokenFrames, halfFrame } from '../support/broken-frames';
import { caught } from '../support/caught';
import { eventually } from '../support/eventually';
import { ownPlaces } from '../support/own-places';
import { dist, endScriptsAfterEach, startScript } from '../process/node-script';
import { closeOwnSessions, openOwnSession, ScriptedProvider } from '../session/own-session';
import { closeClients, ownSupervisor } from '../supervisor/own-supervisor';

// Each process that speaks with another one, when that one dies, falls silent or raves in the middle of a
// message.

const places = ownPlaces();
closeOwnSessions();
closeClients();
endScriptsAfterEach();
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function rawSocket(path: string): Socket {
  const socket = connect(path);
  socket.on('error', () => undefined);
  ends.push(() => socket.destroy());
  return socket;
}

const over = (socket: Socket) => ({
  rpc: (() => {
    const rpc = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
    rpc.onError(() => undefined);
    rpc.listen();
    return rpc;
  })(),
  socket,
});

describe('a session', () => {
  async function session() {
    const db = new ScriptedProvider({ maxLive: 1 });
    const { session, files, story } = await openOwnSession({ db });
    const said: string[] = [];
    const board = {
      ...{
        records: [],
        run: undefined,
        claims: new LogClaims(),
        options: {},
        report: true,
        tables: true,
        spending: new Spending(),
        showProgress: () => undefined,
      },
      ...{ files: new TestFiles(), untold: undefined },
    };
    const server = await SocketServer.listen(files.socketPath, {
      ...{ session, board, providerModule: undefined, workers: new WorkerProcesses(files) },
      say: (text) => said.push(text),
    });
    ends.push(() => server.close());
    const { token } = server.address;
    const file = async (label: string) => {
      const { rpc, socket } = over(rawSocket(files.socketPath));
      const hello = { token, version: packageVersion, label, providerModule: undefined };
      await rpc.sendRequest(helloRequest, hello);
      return { rpc, socket };
    };
    const lease = (name: string) => ({ provider: 'db', name, holding: [], requester: 'a test' });
    return { file, lease, said, story };
  }

  test.each([
    ['dies', (socket: Socket) => void socket.end(halfFrame)],
    ['raves', (socket: Socket) => void socket.write('garbage without any sense or end')],
  ])(
    'gives the place of a file to the next one when it %s in the middle of a message',
    async (_what, end) => {
      const { file, lease } = await session();
      const [one, other, silent] = [await file('one'), await file('other'), await file('silent')];
      silent.socket.write(halfFrame);
      await one.rpc.sendRequest(leaseRequest, lease('a'));
      const next = other.rpc.sendRequest(leaseRequest, lease('b'));
      end(one.socket);
      expect((await next).resourceId).toBe('db:b#1');
    },
  );

  test.each(brokenFrames)('says why it gives up a file that sends %s', async (_what, text, reason) => {
    const { file, said } = await session();
    (await file('a.eval.ts')).socket.write(text);
    await eventually(() => said.length === 1);
    expect(said[0]).toMatch(/^jest-model-provider: the connection of a\.eval\.ts was given up: the other/);
    expect(said[0]).toMatch(reason);
  });
});

describe('a supervisor', () => {
  test('goes on when one connection dies, one is silent and others rave in the middle of a message', async () => {
    const supervisor = await ownSupervisor({ db: new ScriptedProvider() });
    await supervisor.up('db:a');
    const raw = (): Socket => rawSocket(supervisor.files.socketPath);
    raw().write(halfFrame);
    raw().end(halfFrame);
    const raving = brokenFrames.map(([, text]) => {
      const socket = raw();
      socket.write(text);
      return socket;
    });
    await eventually(() => raving.every((socket) => socket.closed));
    expect((await supervisor.status()).resources).toHaveLength(1);
  });
});

/** A process in whose place another one answers a greeting, or the first question, with `text`. */
async function impostor(answers: 'greeting' | 'question', text: string, isOver: boolean): Promise<string> {
  const path = join(places.directory, 'impostor');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    ends.push(() => socket.destroy());
    const reply = (): void => void (isOver ? socket.end(text) : socket.write(text));
    if (answers === 'greeting') {
      socket.once('data', reply);
      return;
    }
    const { rpc } = over(socket);
    const greeting = { loaded: [], providerNames: [], modelNames: [], pid: 1 };
    rpc.onRequest(helloRequest, () => greeting as never);
    rpc.onRequest(greetRequest, () => greeting as never);
    for (const { method } of [leaseRequest, statusRequest]) {
      rpc.onRequest(method, () => {
        reply();
        return new Promise(() => undefined);
      });
    }
  });
  server.listen(path);
  await once(server, 'listening');
  ends.push(() => server.close());
  return path;
}

const broken = brokenFrames.map(([what, text, reason]) => [what, text, reason, false] as const);
const deaths = [...broken, ['half a message, and dies', halfFrame, /has ended/, true]] as const;

describe.each(['greeting', 'question'] as const)('to the %s', (answers) => {
  test.each(deaths)(
    'of a file the session answers %s: SESSION_CLOSED, with the reason',
    async (_what, text, reason, isOver) => {
      const socket = await impostor(answers, text, isOver);
      const options = {
        label: '',
        providerModule: undefined,
        onLost: () => undefined,
        onEnded: () => undefined,
      };
      const asked = async (): Promise<unknown> => {
        const transport = await SocketTransport.open({ socket, token: '' }, options);
        return transport.lease({ provider: 'db', name: 'a', holding: [], requester: '' } as never, undefined);
      };
      const error = await caught(asked());
      expect(error).toMatchObject({ code: 'SESSION_CLOSED' });
      expect((error as Error).message).toMatch(reason);
    },
  );

  test.each(deaths)(
    'of a run the supervisor answers %s: SESSION_CLOSED, with the reason',
    async (_what, text, reason, isOver) => {
      const socket = await impostor(answers, text, isOver);
      const address = { socket, token: '', process: ownIdentity() };
      const asked = async (): Promise<unknown> => {
        const link = await SupervisorLink.open(address, { label: '' });
        return link.ask(statusRequest, null);
      };
      const error = await caught(asked());
      expect(error).toMatchObject({ code: 'SESSION_CLOSED' });
      expect((error as Error).message).toMatch(reason);
    },
  );
});

describe('a guardian', () => {
  test.each([broken[0]!, ['half a message, and dies', halfFrame, /./, true]] as const)(
    'whose session sends %s ends its servers and itself',
    async (_what, text, _reason, isOver) => {
      const directory = join(places.temporary, 'jmp-abc');
      mkdirSync(directory);
      const options = { session: 'abc', ledger: join(places.state, 'abc.jsonl'), directory };
      new Ledger(options.ledger).append({
        ...{ type: 'session', version: 1, session: 'abc', ...thisMachine(), owner: ownIdentity(), directory },
      });
      const main = join(dist, 'src/process/guardian/main.js');
      const child = spawn(process.execPath, [main, JSON.stringify(options)], {
        ...{ stdio: ['pipe', 'pipe', 'inherit'], env: places.env },
      });
      child.stdin.on('error', () => undefined);
      const ended = once(child, 'exit');
      if (isOver) child.stdin.end(text);
      else child.stdin.write(text);
      expect(await ended).toEqual([0, null]);
      expect(places.left()).toEqual([]);
    },
  );
});

describe('the process of a session', () => {
  test.each([
    broken[0]!,
    ['half a message, and dies', halfFrame, /did not start: it was ended by SIGKILL/, true],
  ] as const)(
    'whose guardian sends %s hears of it, with the reason, and can end',
    async (_what, text, reason, isOver) => {
      const guardian = `process.stdin.once('data', () => {
        process.stdout.write(${JSON.stringify(text)}, () => ${isOver ? `process.kill(process.pid, 'SIGKILL')` : 'undefined'});
      }).on('close', () => process.exit());`;
      const script = startScript(
        `const children = require('node:child_process');
        const { spawn } = children;
        children.spawn = (command, args, options) => spawn(command, ['-e', ${JSON.stringify(guardian)}], options);
        const { startGuardian } = require('#process/guardian/guardian-client');
        startGuardian({}, () => console.log('lost'))
          .then((guardian) => guardian.launch({ id: 'server-1' }, () => console.log('exited')))
          .catch((error) => console.log(error.code + ': ' + error.message));`,
        places.env,
      );
      expect(await script.ended).toBe(0);
      expect(script.output()).toMatch(/^(lost\nexited\n)?GUARDIAN_LOST: /m);
      expect(script.output()).toMatch(reason);
    },
  );
});
