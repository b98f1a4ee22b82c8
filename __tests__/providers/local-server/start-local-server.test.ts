import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ModelProviderError } from '../../../dist/src/base/errors';
import type {
  LaunchOptions,
  ResourceContext,
  ServerProcess,
} from '../../../dist/src/pattern/resource-context';
import { freePort } from '../../../dist/src/process/os/ports';
import { ServerLauncher } from '../../../dist/src/process/guardian/server-launcher';
import {
  startLocalServer,
  type LocalServer,
} from '../../../dist/src/providers/local-server/start-local-server';
import { groupMembers } from '../../../src/process/os/process-group';
import { eventually } from '../../support/eventually';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();
const program = join(__dirname, '../../fixtures/fake-model-server.js');
const launched: { options: LaunchOptions; server: ServerProcess }[] = [];
let launcher: ServerLauncher;

// Of this file alone: its processes are found by the session's name, wherever they are.
const session = `local${process.pid}`;

beforeEach(() => {
  const directory = join(places.temporary, `jmp-${session}`);
  const ledger = join(places.state, `${session}.jsonl`);
  mkdirSync(directory);
  writeFileSync(ledger, '');
  launched.length = 0;
  launcher = new ServerLauncher({ session, ledger, directory });
});

afterEach(async () => {
  await launcher.close();
  expect(launched.flatMap(({ server }) => groupMembers(server.pid))).toEqual([]);
});

/** A fake server that is started with these switches. */
function fake(switches: readonly string[], more: Partial<LocalServer> = {}): LocalServer {
  return {
    title: 'fake:a',
    command: process.execPath,
    model: 'a',
    args: (port, nonce) => [program, '--port', String(port), '--alias', `a,${nonce}`, ...switches],
    env: (apiKey) => ({ FAKE_API_KEY: apiKey }),
    graceMs: 2000,
    stallMs: 60_000,
    portConflict: /couldn't bind HTTP server socket/,
    hints: [],
    ...more,
  };
}

function context(more: Partial<ResourceContext> = {}): ResourceContext {
  return {
    resourceId: 'fake:a#1',
    spec: 'fake:a',
    signal: new AbortController().signal,
    directory: places.directory,
    serverDirectory: () => places.directory,
    devices: [],
    progress: () => undefined,
    note: () => undefined,
    freePort,
    launch: async (options) => {
      const server = await launcher.launch(options, 'fake:a#1', places.directory);
      launched.push({ options, server });
      return server;
    },
    lease: () => Promise.reject(new Error('not needed')),
    defer: () => undefined,
    canSleep: () => undefined,
    putOff: () => Promise.resolve(),
    failedTest: undefined,
    keep: () => undefined,
    lost: () => undefined,
    ...more,
  };
}

/** What the start is refused with; what differs from run to run has a name instead. */
async function refusal(
  server: LocalServer,
  more?: Partial<ResourceContext>,
): Promise<{ code: string; message: string }> {
  const error = await startLocalServer(server, context(more)).then(
    () => undefined,
    (reason: unknown) => reason as ModelProviderError,
  );
  if (error === undefined) throw new Error('the server started');
  const message = error.message
    .replaceAll(process.execPath, 'node')
    // A path with spaces is shown in quotes.
    .replaceAll(`'${program}'`, program)
    .replaceAll(program, 'server.js')
    .replaceAll(/(port:? |listening on )\d+/g, '$1PORT')
    .replaceAll(/jmp-[0-9a-f]{16}/g, 'NONCE');
  return { code: error.code, message: message.replaceAll(/--port \d+/g, '--port PORT') };
}

describe('a local server that starts', () => {
  it('is reached at 127.0.0.1 with its key, under the model’s name', async () => {
    const connection = await startLocalServer(fake([]), context());
    expect(connection).toEqual({
      baseURL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v1$/) as string,
      apiKey: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      model: 'a',
    });
    const headers = { authorization: `Bearer ${connection.apiKey}` };
    expect((await fetch(`${connection.baseURL}/models`, { headers })).status).toBe(200);
    expect((await fetch(`${connection.baseURL}/models`)).status).toBe(401);
  });

  it('is waited for while it loads, saying for what', async () => {
    const said: string[] = [];
    await startLocalServer(
      fake(['--load-ms', '200']),
      context({ progress: (message) => said.push(message) }),
    );
    expect(said).toEqual([
      'starting its process',
      'waiting for health',
      'waiting for model list',
      'waiting for first token',
    ]);
  });

  it('has its key in its environment, never among its arguments', async () => {
    const { apiKey } = await startLocalServer(fake([]), context());
    const [{ options }] = launched as [(typeof launched)[0]];
    expect(options.env).toEqual({ FAKE_API_KEY: apiKey });
    expect(options.args.join(' ')).not.toContain(apiKey);
    expect(options.secrets).toEqual([apiKey]);
  });

  it('gets another port, key and nonce when a stranger was faster', async () => {
    const stranger = createServer((_request, response) => response.end('{"data":[{"id":"a"}]}'));
    await once(stranger.listen(0, '127.0.0.1'), 'listening');
    const taken = (stranger.address() as AddressInfo).port;
    const ports = [taken, await freePort()];
    const { baseURL } = await startLocalServer(
      fake([]),
      context({ freePort: () => Promise.resolve(ports.shift() ?? 0) }),
    );
    stranger.closeAllConnections();
    stranger.close();
    expect(baseURL).not.toContain(String(taken));
    expect(launched).toHaveLength(2);
    expect(new Set(launched.map(({ options }) => options.env?.['FAKE_API_KEY'])).size).toBe(2);
    expect(new Set(launched.map(({ options }) => options.args[4])).size).toBe(2);
    expect(groupMembers(launched[0]!.server.pid)).toEqual([]);
  });
});

describe('a local server that does not start', () => {
  it('because others take every port that is tried, also if it ends without a word', async () => {
    const stranger = createServer((_request, response) => response.writeHead(404).end());
    await once(stranger.listen(0, '127.0.0.1'), 'listening');
    const taken = (stranger.address() as AddressInfo).port;
    const { code, message } = await refusal(fake(['--exit', '1']), {
      freePort: () => Promise.resolve(taken),
    });
    stranger.closeAllConnections();
    stranger.close();
    expect(launched).toHaveLength(3);
    expect(code).toBe('SETUP_FAILED');
    expect(message.split('\n')).toEqual([
      'fake:a: other programs took every port that was tried (the server exited with code 1 before it was ready; its port PORT was taken).',
      'Command: node server.js --port PORT --alias a,NONCE --exit 1',
      'It printed nothing.',
      'What to do: Try again; if it stays so, something on this machine takes ports as soon as they are free.',
    ]);
  });

  it('because it ends with code 0 without a word', async () => {
    expect(await refusal(fake(['--exit', '0']))).toEqual({
      code: 'SETUP_FAILED',
      message: [
        'fake:a: The server exited with code 0 before it was ready.',
        'Command: node server.js --port PORT --alias a,NONCE --exit 0',
        'It printed nothing.',
      ].join('\n'),
    });
  });

  it('because it ends while it loads, with a line that has a known cause', async () => {
    const hints = [
      {
        pattern: /out of memory: (\d+) GiB/,
        cause: 'the model needs $1 GiB of memory',
        fix: 'Take a smaller model.',
      },
    ];
    const server = fake(['--say', 'out of memory: 12 GiB', '--exit', '7', '--exit-when', 'ready'], { hints });
    expect(await refusal(server)).toEqual({
      code: 'SETUP_FAILED',
      message: [
        'fake:a: the model needs 12 GiB of memory (the server exited with code 7 before it was ready).',
        `Command: node server.js --port PORT --alias a,NONCE --say 'out of memory: 12 GiB' --exit 7 --exit-when ready`,
        'Its last lines:',
        '  | out of memory: 12 GiB',
        '  | listening on PORT',
        '  | loaded',
        'What to do: Take a smaller model.',
      ].join('\n'),
    });
  });

  it.each(['SIGSEGV', 'SIGKILL'])('because it is ended by %s at the first completion', async (signal) => {
    expect(await refusal(fake(['--exit', signal, '--exit-when', '1']))).toEqual({
      code: 'SETUP_FAILED',
      message: [
        `fake:a: The server was ended by ${signal} before it was ready.`,
        `Command: node server.js --port PORT --alias a,NONCE --exit ${signal} --exit-when 1`,
        'Its last lines:',
        '  | listening on PORT',
        '  | loaded',
      ].join('\n'),
    });
  });

  it('because it answers 503 and does nothing else for longer than the stall limit', async () => {
    const switches = ['--load-ms', '600000', '--ignore-sigterm'];
    // How long its program takes to begin is no matter here.
    const launch = async (options: LaunchOptions): Promise<ServerProcess> => {
      const server = await context().launch(options);
      await eventually(() => server.logSize() > 0);
      return server;
    };
    expect(await refusal(fake(switches, { stallMs: 1000, graceMs: 100 }), { launch })).toEqual({
      code: 'SETUP_STALLED',
      message: [
        'fake:a: The server made no progress for 1 s while waiting for health (HTTP 503).',
        'Command: node server.js --port PORT --alias a,NONCE --load-ms 600000 --ignore-sigterm',
        'Its last lines:',
        '  | listening on PORT',
      ].join('\n'),
    });
    expect(groupMembers(launched[0]!.server.pid)).toEqual([]);
  });

  it('because strangers take every port that it tries', async () => {
    const stranger = createServer((_request, response) => response.writeHead(503).end());
    await once(stranger.listen(0, '127.0.0.1'), 'listening');
    const taken = (stranger.address() as AddressInfo).port;
    const refused = await refusal(fake([]), { freePort: () => Promise.resolve(taken) });
    stranger.closeAllConnections();
    stranger.close();
    expect(refused).toEqual({
      code: 'SETUP_FAILED',
      message: [
        'fake:a: other programs took every port that was tried (the server exited with code 1 before it was ready; its port PORT was taken).',
        'Command: node server.js --port PORT --alias a,NONCE',
        'Its last lines:',
        `  | couldn't bind HTTP server socket, port: PORT (EADDRINUSE)`,
        'What to do: Try again; if it stays so, something on this machine takes ports as soon as they are free.',
      ].join('\n'),
    });
    expect(launched).toHaveLength(3);
  });

  it('because it serves another model', async () => {
    const { code, message } = await refusal(fake(['--lists', 'b']));
    expect(code).toBe('SETUP_FAILED');
    expect(message.split('\n')[0]).toBe(
      'fake:a: Another server answers on port PORT: it does not list the model "a" of this launch.',
    );
    expect(launched).toHaveLength(1);
  });

  it('because there is no such program', async () => {
    expect(await refusal(fake([], { command: '/no/such/server' }))).toEqual({
      code: 'COMMAND_NOT_FOUND',
      message: 'Command "/no/such/server" cannot be started: /no/such/server does not exist.',
    });
  });

  it('says no secret, though the server prints all it knows', async () => {
    const { message } = await refusal(fake(['--print-environment', '--exit', '1', '--exit-when', 'ready']));
    expect(message).toContain('"FAKE_API_KEY":"[redacted]"');
    expect(message).not.toContain(launched[0]!.options.env?.['FAKE_API_KEY']);
  });

  it('says no secret of its own either, be it among its arguments', async () => {
    const secrets = ['hf_0123456789'];
    const { message } = await refusal(fake(['--say', 'hf_0123456789', '--exit', '1'], { secrets }));
    expect(message).toContain('--say [redacted]');
    expect(message).not.toContain('hf_0123456789');
  });

  it('because its time is up', async () => {
    const abort = new AbortController();
    const progress = (message: string): void => {
      if (message !== 'waiting for first token') return;
      const limit = '"fake:a" was not ready within its start limit of 5 ms.';
      abort.abort(new ModelProviderError('SETUP_TIMEOUT', limit));
    };
    expect(await refusal(fake(['--hang-completions']), { signal: abort.signal, progress })).toEqual({
      code: 'SETUP_TIMEOUT',
      message: [
        'fake:a: "fake:a" was not ready within its start limit of 5 ms, still waiting for first token.',
        'Command: node server.js --port PORT --alias a,NONCE --hang-completions',
        'Its last lines:',
        '  | listening on PORT',
        '  | loaded',
      ].join('\n'),
    });
  });

  it('because nobody waits for it any more', async () => {
    const abort = new AbortController();
    const reason = new Error('given up');
    const progress = (message: string): void => {
      if (message === 'waiting for first token') abort.abort(reason);
    };
    const start = startLocalServer(fake(['--hang-completions']), context({ signal: abort.signal, progress }));
    await expect(start).rejects.toBe(reason);
  });
});
