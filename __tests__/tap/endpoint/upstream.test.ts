import { once } from 'node:events';
import http, { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { leave, webResponse, type HttpAnswer } from '../../../src/base/http-answer';
import { isPassing } from '../../../src/evals/execution/error-kind';
import { Upstream } from '../../../src/tap/endpoint/upstream';
import { eventually } from '../../support/eventually';

let listener: RequestListener;
let server: Server;
let origin: string;
let upstream: Upstream;
const connections: unknown[] = [];

beforeAll(async () => {
  server = createServer((request, response) => listener(request, response));
  server.on('connection', (socket) => connections.push(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  connections.length = 0;
  upstream = new Upstream();
});
afterEach(() => upstream.close());

function read(answer: HttpAnswer): Promise<string> {
  return webResponse(answer).text();
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Fetch, and what does the same for less. */
const both: [string, (...sent: Parameters<Upstream['send']>) => Promise<HttpAnswer>][] = [
  ['fetch', fetch],
  ['the upstream', (...sent) => upstream.send(...sent)],
];

async function errorOf(work: () => Promise<unknown>): Promise<Error> {
  return work().then(
    () => {
      throw new Error('nothing was thrown');
    },
    (error: unknown) => error as Error,
  );
}

describe.each(both)('%s', (_name, send) => {
  test.each([
    ['a text', 'ä question'],
    ['bytes', new TextEncoder().encode('ä question')],
  ])('sends the method, the headers and a body that is %s', async (_what, body) => {
    let seen: unknown;
    listener = (request, response) =>
      void textOf(request).then((text) => {
        const { method, url, headers } = request;
        seen = { method, url, text, type: headers['content-type'], length: headers['content-length'] };
        response.end();
      });
    const headers = { 'content-type': 'text/x', 'x-two': 'a, b' };
    await read(await send(`${origin}/v1/x?y=1`, { method: 'PUT', headers, body }));
    expect(seen).toEqual({
      ...{ method: 'PUT', url: '/v1/x?y=1', text: 'ä question' },
      ...{ type: 'text/x', length: '11' },
    });
  });

  test('has the status, the headers and the body of the answer', async () => {
    listener = (_request, response) => {
      response.writeHead(404, 'Nothing Here', { 'x-one': 'ü', 'set-cookie': ['a=1', 'b=2'] });
      response.write('in ');
      response.end('pieces');
    };
    const answer = await send(origin);
    expect([answer.status, answer.statusText]).toEqual([404, 'Nothing Here']);
    expect([answer.headers.get('x-one'), answer.headers.get('set-cookie')]).toEqual(['ü', 'a=1, b=2']);
    expect(await read(answer)).toBe('in pieces');
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('unpacks what the server has packed, although it was asked not to: %s', async (coding, pack) => {
    listener = (_request, response) =>
      response.writeHead(200, { 'content-encoding': coding }).end(pack('x'.repeat(100_000)));
    expect((await read(await send(origin))).length).toBe(100_000);
  });

  test('rejects with the code of what happened where nothing listens, which is of the model’s side', async () => {
    const gone = createServer();
    await once(gone.listen(0, '127.0.0.1'), 'listening');
    const address = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
    await new Promise((resolve) => gone.close(resolve));
    const error = await errorOf(() => send(address));
    expect(error).toMatchObject({
      ...{ name: 'TypeError', message: 'fetch failed' },
      cause: { code: 'ECONNREFUSED' },
    });
    expect(isPassing(error, [address])).toBe(true);
  });

  test('rejects if the server hangs up before it answers', async () => {
    listener = (request) => request.socket.destroy();
    const error = await errorOf(() => send(origin));
    expect(error).toMatchObject({ name: 'TypeError', message: 'fetch failed' });
    expect(isPassing(error, [origin])).toBe(true);
  });

  test('rejects in the middle of the body if the server hangs up there', async () => {
    listener = (request, response) => response.write('half', () => request.socket.destroy());
    const answer = await send(origin);
    const error = await errorOf(() => read(answer));
    expect(error).toMatchObject({ name: 'TypeError', message: 'terminated' });
    expect(isPassing(error, [origin])).toBe(true);
  });

  test.each(['before', 'during', 'after'])(
    'rejects with the reason of an abort: %s the answer',
    async (when) => {
      const ending = new AbortController();
      const reason = new Error('enough');
      let isClosed = false;
      listener = (_request, response) => {
        response.on('close', () => (isClosed = true));
        if (when === 'after') response.write('half');
        else ending.abort(reason);
      };
      if (when === 'before') ending.abort(reason);
      const error = await errorOf(async () => {
        const answer = await send(origin, { signal: ending.signal });
        const reading = read(answer);
        ending.abort(reason);
        return reading;
      });
      expect(error).toBe(reason);
      if (when !== 'before') await eventually(() => isClosed);
    },
  );

  test('ends the exchange if the answer is left', async () => {
    let isClosed = false;
    listener = (_request, response) => {
      response.on('close', () => (isClosed = true));
      response.write('half');
    };
    await leave(await send(origin));
    await eventually(() => isClosed);
  });

  test('takes no more of an answer than is wanted', async () => {
    const piece = Buffer.alloc(256 * 1024);
    const most = 256;
    let written = 0;
    let isWaiting = false;
    listener = async (_request, response) => {
      for (; written < most; written += 1) {
        if (response.write(piece)) continue;
        isWaiting = true;
        await once(response, 'drain');
        isWaiting = false;
      }
      response.end();
    };
    const answer = await send(origin);
    await eventually(() => isWaiting);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(written).toBeLessThan(most / 2);
    expect((await webResponse(answer).arrayBuffer()).byteLength).toBe(most * piece.length);
  });

  test('sends one request after the other on one connection', async () => {
    listener = (request, response) => void request.resume().on('end', () => response.end('x'));
    for (let count = 0; count < 3; count += 1) {
      await read(await send(origin, { method: 'POST', body: 'x' }));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(connections.length).toBeLessThanOrEqual(1);
  });
});

test('whoever replaces what Node sends requests with, as nock does, gets none of the tap', async () => {
  listener = (_request, response) => response.end('of the server');
  const replaced = jest.fn(() => {
    throw new Error('replaced');
  });
  const { request, get, ClientRequest, Agent, globalAgent } = http;
  Object.assign(http, { request: replaced, get: replaced, ClientRequest: replaced, Agent: replaced });
  http.globalAgent = {} as http.Agent;
  try {
    upstream = new Upstream();
    expect(await read(await upstream.send(origin))).toBe('of the server');
  } finally {
    Object.assign(http, { request, get, ClientRequest, Agent, globalAgent });
  }
  expect(replaced).not.toHaveBeenCalled();
});

test('what is not on this machine, or not to be sent as it stands, is left to fetch', async () => {
  expect(await read(await upstream.send('data:,elsewhere'))).toBe('elsewhere');
  listener = (request, response) => void textOf(request).then((text) => response.end(text));
  const form = new URLSearchParams({ a: '1' });
  expect(await read(await upstream.send(origin, { method: 'POST', body: form }))).toBe('a=1');
});

test('closing ends what is under way', async () => {
  listener = (_request, response) => void response.write('half');
  const answer = await upstream.send(origin);
  upstream.close();
  await expect(read(answer)).rejects.toThrow('terminated');
});
