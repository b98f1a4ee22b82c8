import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProcessExit, ServerProcess } from '../../../src/pattern/resource-context';
import {
  httpStatus,
  modelListed,
  oneToken,
  whileAlive,
  type StartingServer,
} from '../../../src/process/readiness/readiness-checks';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(handler: RequestListener): Promise<number> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

interface Starting extends StartingServer {
  exit(exit: ProcessExit): void;
}

/** A starting server, of which only the port is real. */
function starting(port: number): Starting {
  let exit: (exit: ProcessExit) => void = () => undefined;
  const exited = new Promise<ProcessExit>((resolve) => (exit = resolve));
  const process = { exited } as ServerProcess;
  const names = { model: 'a model', nonce: 'jmp-1', askAs: 'a model' };
  return { process, port, apiKey: 'k3y', ...names, exit: (end) => exit(end) };
}

const never = new AbortController().signal;
const list = (...names: string[]): string =>
  JSON.stringify({ object: 'list', data: names.map((id) => ({ id })) });

describe('the health check', () => {
  const check = (port: number) => httpStatus(starting(port), '/health', 'health').check(never);

  it('holds with status 200 only, and says any other', async () => {
    let status = 503;
    const port = await listen((_request, response) => response.writeHead(status).end());
    expect(await check(port)).toBe('HTTP 503');
    status = 404;
    expect(await check(port)).toBe('HTTP 404');
    status = 200;
    expect(await check(port)).toBe(true);
  });

  it('says that nobody listens yet', async () => {
    const port = await listen(() => undefined);
    servers.pop()?.close();
    expect(await check(port)).toBe('connection ECONNREFUSED');
  });

  it('takes a connection that is cut for a server that is not ready yet', async () => {
    const port = await listen((request) => request.socket.destroy());
    expect(await check(port)).toBe('connection ECONNRESET');
  });

  it('sends this launch’s key', async () => {
    let authorization: string | undefined;
    const port = await listen((request, response) => {
      authorization = request.headers.authorization;
      response.end();
    });
    await check(port);
    expect(authorization).toBe('Bearer k3y');
  });

  it('ends with its signal while the server says nothing', async () => {
    const abort = new AbortController();
    const port = await listen(() => abort.abort());
    const waiting = httpStatus(starting(port), '/health', 'health').check(abort.signal);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the model list', () => {
  const check = (port: number) => modelListed(starting(port)).check(never);

  it('holds when it names the model and this launch', async () => {
    const port = await listen((_request, response) => response.end(list('a model', 'jmp-1')));
    expect(await check(port)).toBe(true);
  });

  it('waits for a server that cannot list yet', async () => {
    const port = await listen((_request, response) => response.writeHead(503).end(list('a model')));
    expect(await check(port)).toBe('HTTP 503');
  });

  it.each([
    ['another launch of the same model', list('a model', 'jmp-2')],
    ['a server that serves something else', list('other', 'jmp-1')],
    ['a model whose name only contains the wanted one', list('a model too', 'jmp-1')],
    ['no list at all', '<html>Welcome</html>'],
  ])('refuses a stranger on the port: %s', async (_what, body) => {
    const port = await listen((_request, response) => response.end(body));
    await expect(check(port)).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: `Another server answers on port ${port}: it does not list the model "a model" of this launch`,
    });
  });
});

describe('the first token', () => {
  const check = (port: number, signal = never) => oneToken(starting(port)).check(signal);

  it('is asked of the wanted model, one token long', async () => {
    let asked: unknown;
    const port = await listen((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        asked = [request.method, request.url, JSON.parse(text)];
        response.end('{"choices":[{}]}');
      });
    });
    expect(await check(port)).toBe(true);
    expect(asked).toEqual([
      'POST',
      '/v1/chat/completions',
      expect.objectContaining({ model: 'a model', max_tokens: 1, temperature: 0 }),
    ]);
  });

  it('is not there when the answer has no choices', async () => {
    const port = await listen((_request, response) => response.end('{"object":"error"}'));
    expect(await check(port)).toBe('an answer without choices');
  });

  it('is waited for as long as the caller wants, from a server that is healthy but hangs', async () => {
    const abort = new AbortController();
    const port = await listen((request, response) => {
      if (request.url === '/health') response.end();
      else abort.abort();
    });
    expect(await httpStatus(starting(port), '/health', 'health').check(never)).toBe(true);
    await expect(check(port, abort.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('while a server is waited for', () => {
  it.each([
    [{ code: 0, signal: null }, 'The server exited with code 0 before it was ready'],
    [{ code: 7, signal: null }, 'The server exited with code 7 before it was ready'],
    [{ code: null, signal: 'SIGSEGV' }, 'The server was ended by SIGSEGV before it was ready'],
    [{ code: null, signal: null }, 'The server ended together with the guardian before it was ready'],
  ])('its end is the end of the wait, in the middle of a request too: %j', async (exit, message) => {
    const port = await listen(() => undefined);
    const server = starting(port);
    const waiting = whileAlive(server, oneToken(server)).check(never);
    server.exit(exit);
    await expect(waiting).rejects.toMatchObject({ code: 'SETUP_FAILED', message, details: exit });
  });

  it('a check says what it says', async () => {
    const port = await listen((_request, response) => response.writeHead(503).end());
    const server = starting(port);
    const check = whileAlive(server, httpStatus(server, '/health', 'health'));
    expect(check.title).toBe('health');
    expect(await check.check(never)).toBe('HTTP 503');
  });
});
