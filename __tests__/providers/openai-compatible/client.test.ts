import { execFileSync } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import OpenAI from 'openai';
import { ModelProviderError } from '../../../src/pattern/errors';
import { observeCalls, type ModelCall } from '../../../src/pattern/model-calls';
import { ModelClient, type GenerateOptions } from '../../../src/providers/openai-compatible/client';
import { caught } from '../../fixtures/caught';
import { chunk, completion, fakeEndpoint, json, refusal, sendEvent } from '../../fixtures/fake-endpoint';

const endpoint = fakeEndpoint();
const key = 'sk-test-0123456789abcdef';
let lease: AbortController;
let client: ModelClient;

beforeEach(() => {
  lease = new AbortController();
  client = new ModelClient({ baseURL: endpoint.baseURL, apiKey: key, model: 'm' }, lease);
});

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const lost = new ModelProviderError('RESOURCE_LOST', '"m#1" died while it was in use.');

describe('generate', () => {
  test('sends a string as one message of the user', async () => {
    endpoint.answer(json(200, completion('Hello')));
    await client.generate('Hi');
    expect(endpoint.requests[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${key}` },
    });
    expect(endpoint.requests[0]!.body).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] });
  });

  test('sends messages as they are', async () => {
    endpoint.answer(json(200, completion('Hello')));
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ] as const;
    await client.generate(messages);
    expect(endpoint.requests[0]!.body['messages']).toEqual(messages);
  });

  test.each([
    [undefined, {}, 'generate(): the prompt is undefined; it must be a text or an array of messages.'],
    [
      { role: 'user' },
      {},
      'generate(): the prompt is {"role":"user"}; it must be a text or an array of messages.',
    ],
    [
      'Hi',
      { max_tokens: 7 },
      'generate(): there is no option max_tokens; did you mean maxTokens? What the endpoint alone knows goes into extra.',
    ],
    [
      'Hi',
      { presence_penalty: 1 },
      'generate(): there is no option presence_penalty. What the endpoint alone knows goes into extra.',
    ],
  ])('refuses the prompt %j with the options %j, and sends nothing', async (prompt, options, problem) => {
    const [asked, given] = [prompt as string, options as GenerateOptions];
    for (const answer of [client.generate(asked, given), client.stream(asked, given).next()]) {
      const error = await caught(answer);
      expect([error.code, error.message]).toEqual(['CONFIG_INVALID', problem]);
    }
    expect(endpoint.requests).toEqual([]);
  });

  test('sends every option under the name that the protocol has for it', async () => {
    endpoint.answer(json(200, completion('Hello')));
    await client.generate('Hi', {
      maxTokens: 7,
      temperature: 0,
      topP: 0.5,
      seed: 3,
      stop: ['.', '!'],
      extra: { top_k: 1, model: 'other' },
    });
    expect(endpoint.requests[0]!.body).toEqual({
      model: 'other',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 7,
      temperature: 0,
      top_p: 0.5,
      seed: 3,
      stop: ['.', '!'],
      top_k: 1,
    });
  });

  test('returns the text, what it cost, why it ended, how long it took, who answered, and the raw answer', async () => {
    const raw = completion('Hello');
    endpoint.answer((response, request) => setTimeout(() => json(200, raw)(response, request), 50));
    const generation = await client.generate('Hi');
    expect(generation).toEqual({
      text: 'Hello',
      usage: { promptTokens: 3, completionTokens: 2, totalTokens: 5 },
      finishReason: 'stop',
      latencyMs: expect.any(Number),
      model: 'm-2026-01-01',
      raw,
    });
    expect(generation.latencyMs).toBeGreaterThan(45);
  });

  test.each([undefined, null])('has no usage where the server counts no tokens (%s)', async (usage) => {
    endpoint.answer(json(200, completion('Hello', { usage })));
    expect((await client.generate('Hi')).usage).toBeUndefined();
  });

  test('has an empty text where the message has none', async () => {
    const choices = [
      { index: 0, message: { role: 'assistant', content: null }, finish_reason: 'tool_calls' },
    ];
    endpoint.answer(json(200, completion('', { choices })));
    expect(await client.generate('Hi')).toMatchObject({ text: '', finishReason: 'tool_calls' });
  });

  test.each([{ choices: [] }, { choices: undefined }])('refuses an answer with %j', async (more) => {
    endpoint.answer(json(200, completion('', more)));
    const error = await caught(client.generate('Hi'));
    expect([error.code, error.message]).toEqual(['REQUEST_FAILED', '"m" answered without any choice.']);
  });

  test('measures and waits by the real clock under fake timers', async () => {
    jest.useFakeTimers();
    try {
      endpoint.answer(json(200, completion('Hello')), (response) => response.destroy());
      expect((await client.generate('Hi')).latencyMs).toBeGreaterThan(0);
      expect((await caught(client.generate('Hi'))).code).toBe('REQUEST_FAILED');
    } finally {
      jest.useRealTimers();
    }
  });

  test('puts no listeners on the signals that many requests share, so that Node warns of none', async () => {
    const { signal } = new AbortController();
    const pending: ServerResponse[] = [];
    const allArrived = new Promise((resolve) => {
      endpoint.answer((response) => {
        if (pending.push(response) === 30) resolve(undefined);
      });
    });
    const requests = Promise.allSettled(Array.from({ length: 30 }, () => client.generate('Hi', { signal })));
    await allArrived;
    const listeners = (): number[] =>
      [signal, lease.signal].map((one) => getEventListeners(one, 'abort').length);
    expect(listeners()).toEqual([0, 0]);
    for (const response of pending) response.destroy();
    await requests;
    expect(listeners()).toEqual([0, 0]);
  });
});

describe('stream', () => {
  test('yields the pieces of the text and nothing else', async () => {
    endpoint.answer((response) => {
      sendEvent(response, chunk(''));
      sendEvent(response, chunk('Hel'));
      sendEvent(response, chunk('lo'));
      sendEvent(response, chunk(null, 'stop'));
      sendEvent(response, { ...chunk(null), choices: [], usage: {} });
      sendEvent(response, '[DONE]');
      response.end();
    });
    expect(await all(client.stream('Hi', { maxTokens: 2 }))).toEqual(['Hel', 'lo']);
    expect(endpoint.requests[0]!.body).toMatchObject({ stream: true, max_tokens: 2 });
  });

  test('asks for the token counts, unless it is told not to', async () => {
    const body = async (options: GenerateOptions): Promise<unknown> => {
      endpoint.answer((response) => {
        sendEvent(response, chunk('Hello'));
        response.end('data: [DONE]\n\n');
      });
      await all(client.stream('Hi', options));
      return endpoint.requests.at(-1)!.body;
    };
    expect(await body({})).toHaveProperty('stream_options', { include_usage: true });
    expect(await body({ extra: { stream_options: undefined } })).not.toHaveProperty('stream_options');
  });

  test.each([
    ['in a chunk of its own, as OpenAI and vLLM do', chunk('lo'), { ...chunk(null), choices: [], usage }],
    ['in the last chunk of the answer, as some do', chunk('lo', 'stop'), { ...chunk(null, 'stop'), usage }],
  ])('notes the call, with the tokens that the server counts %s', async (_where, ...chunks) => {
    endpoint.answer((response) => {
      for (const sent of [chunk('Hel'), ...chunks]) sendEvent(response, sent);
      response.end('data: [DONE]\n\n');
    });
    const { calls } = await observed(() => all(client.stream('Hi')));
    expect(calls).toEqual([
      { client, latencyMs: expect.any(Number) as number, promptTokens: 3, completionTokens: 2 },
    ]);
  });

  test('notes a latency that ends with the last piece, whatever the reader does after it', async () => {
    let sentAt = 0;
    endpoint.answer((response) => {
      sendEvent(response, chunk('Hello'));
      sentAt = performance.now();
    });
    const start = performance.now();
    const { calls, tookMs } = await observed(async () => {
      for await (const _piece of client.stream('Hi')) {
        const until = performance.now() + 50;
        while (performance.now() < until) await new Promise(setImmediate);
        break;
      }
    });
    expect(calls).toEqual([expect.objectContaining({ promptTokens: 0, completionTokens: 0 })]);
    expect(calls[0]!.latencyMs).toBeGreaterThanOrEqual(sentAt - start - 1);
    expect(calls[0]!.latencyMs).toBeLessThanOrEqual(tookMs - 50);
  });

  test('notes nothing of an answer that failed', async () => {
    endpoint.answer((response) => {
      sendEvent(response, chunk('first'));
      setImmediate(() => response.destroy());
    });
    const { calls } = await observed(() => caught(all(client.stream('Hi'))));
    expect(calls).toEqual([]);
  });

  test('yields a piece as soon as it comes', async () => {
    let goOn = (): void => undefined;
    endpoint.answer((response) => {
      sendEvent(response, chunk('first'));
      goOn = () => {
        sendEvent(response, chunk('second'));
        response.end('data: [DONE]\n\n');
      };
    });
    const stream = client.stream('Hi');
    expect(await stream.next()).toEqual({ done: false, value: 'first' });
    goOn();
    expect(await all(stream)).toEqual(['second']);
  });

  test('ends the request at the server when the loop is left early', async () => {
    endpoint.answer((response) => sendEvent(response, chunk('first')));
    for await (const piece of client.stream('Hi')) {
      expect(piece).toBe('first');
      break;
    }
    await endpoint.requests[0]!.closed;
  });

  test('ends the request at the server when the loop throws', async () => {
    endpoint.answer((response) => sendEvent(response, chunk('first')));
    const loop = async (): Promise<void> => {
      for await (const _piece of client.stream('Hi')) throw new Error('mine');
    };
    await expect(loop()).rejects.toThrow('mine');
    await endpoint.requests[0]!.closed;
  });

  test('fails when the server hangs up in the middle of an answer', async () => {
    endpoint.answer((response) => {
      sendEvent(response, chunk('first'));
      setImmediate(() => response.destroy());
    });
    const error = await caught(all(client.stream('Hi')));
    expect(error.code).toBe('REQUEST_FAILED');
    expect(error.message).toMatch(new RegExp(`^"m" got no answer from ${endpoint.baseURL}: terminated`));
  });

  test('fails with the words of a server that reports an error in the middle of an answer', async () => {
    endpoint.answer((response) => {
      sendEvent(response, chunk('first'));
      sendEvent(response, { error: { message: 'the GPU is on fire', type: 'server_error' } });
      response.end();
    });
    const error = await caught(all(client.stream('Hi')));
    expect([error.code, error.message]).toEqual(['REQUEST_FAILED', '"m" answered the GPU is on fire']);
  });
});

describe.each([
  ['generate', (options: { signal?: AbortSignal }) => client.generate('Hi', options)],
  ['stream', (options: { signal?: AbortSignal }) => all(client.stream('Hi', options))],
])('%s', (_name, send) => {
  test('sends nothing when its signal was aborted before', async () => {
    const error = await caught(send({ signal: AbortSignal.abort(new Error('not wanted')) }));
    expect(error.message).toBe('not wanted');
    expect(endpoint.requests).toEqual([]);
  });

  test("rejects with its signal's reason, and ends the request at the server", async () => {
    const abort = new AbortController();
    endpoint.answer(() => abort.abort(new Error('too slow')));
    expect((await caught(send({ signal: abort.signal }))).message).toBe('too slow');
    await endpoint.requests[0]!.closed;
  });

  test('rejects with the reason of a lease that has ended before', async () => {
    lease.abort(lost);
    expect(await caught(send({}))).toBe(lost);
    expect(endpoint.requests).toEqual([]);
  });

  test('rejects with the reason of a lease that ends meanwhile, and ends the request at the server', async () => {
    endpoint.answer(() => lease.abort(lost));
    expect(await caught(send({}))).toBe(lost);
    await endpoint.requests[0]!.closed;
  });

  test('rejects with RESOURCE_LOST also when the socket fails before the news of the death comes', async () => {
    endpoint.answer((response) => {
      response.destroy();
      setTimeout(() => lease.abort(lost), 50);
    });
    expect(await caught(send({}))).toBe(lost);
  });

  test('prefers the news of the death to a signal that aborts at the same time', async () => {
    const abort = new AbortController();
    endpoint.answer(() => {
      abort.abort(new Error('too slow'));
      lease.abort(lost);
    });
    expect(await caught(send({ signal: abort.signal }))).toBe(lost);
  });

  test.each([400, 401, 404, 429, 500, 503])(
    'says what the server said with HTTP %i, and asks once',
    async (status) => {
      endpoint.answer(refusal(status, 'so it is', { 'retry-after': '0' }));
      const error = await caught(send({}));
      expect([error.code, error.message]).toEqual(['REQUEST_FAILED', `"m" answered ${status} so it is`]);
      expect(error.details).toEqual({
        model: 'm',
        baseURL: endpoint.baseURL,
        status,
        retryAfterMs: 0,
        type: 'some_error',
        serverCode: 'some_code',
      });
      expect(endpoint.requests).toHaveLength(1);
    },
  );

  test('says when no server is there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    await new Promise((resolve) => server.close(resolve));
    client = new ModelClient({ baseURL, apiKey: key, model: 'm' }, lease);
    const error = await caught(send({}));
    expect(error.code).toBe('REQUEST_FAILED');
    expect(error.message).toBe(`"m" got no answer from ${baseURL}: Connection error (ECONNREFUSED)`);
  });

  test('never shows the key, even if the server repeats it', async () => {
    endpoint.answer(refusal(401, `Incorrect API key provided: ${key}`));
    const error = await caught(send({}));
    expect(error.message).toBe('"m" answered 401 Incorrect API key provided: [redacted]');
    expect(JSON.stringify([error.stack, error.details])).not.toContain(key);
    expect(error.cause).toBeUndefined();
  });
});

describe('.openai', () => {
  test('is the official SDK, set up for the server of the model, with its retries off', async () => {
    const { openai } = client;
    expect(openai).toBeInstanceOf(OpenAI);
    expect(client.openai).toBe(openai);
    expect(openai).toMatchObject({ baseURL: endpoint.baseURL, apiKey: key, maxRetries: 0 });
    endpoint.answer(json(200, { object: 'list', data: [{ id: 'm', object: 'model' }] }));
    expect((await openai.models.list()).data).toMatchObject([{ id: 'm' }]);
    endpoint.answer(refusal(500, 'no'));
    await expect(openai.models.list()).rejects.toThrow(OpenAI.InternalServerError);
    expect(endpoint.requests).toHaveLength(2);
  });

  test("sends no organization or project of the user's own account", async () => {
    process.env['OPENAI_ORG_ID'] = 'org-1';
    process.env['OPENAI_PROJECT_ID'] = 'proj-1';
    try {
      endpoint.answer(json(200, completion('Hello')));
      await client.generate('Hi');
      expect(JSON.stringify(endpoint.requests[0]!.headers)).not.toMatch(/org-1|proj-1/);
    } finally {
      delete process.env['OPENAI_ORG_ID'];
      delete process.env['OPENAI_PROJECT_ID'];
    }
  });

  test('is loaded at its first use, not with the package', () => {
    const script = `
      const loaded = () => Object.keys(require.cache).some((file) => file.includes('/node_modules/openai/'));
      const { ModelClient } = require('jest-model-provider');
      const client = new ModelClient({ baseURL: 'http://127.0.0.1:1/v1', apiKey: 'none', model: 'm' }, new AbortController());
      const before = loaded();
      client.openai;
      console.log(before, loaded());
    `;
    const root = path.resolve(__dirname, '../../..');
    const env = { ...process.env, NODE_OPTIONS: '', JEST_WORKER_ID: undefined };
    expect(execFileSync(process.execPath, ['-e', script], { cwd: root, env, encoding: 'utf8' }).trim()).toBe(
      'false true',
    );
  });
});

/** The calls that clients note while `run` runs. */
async function observed(run: () => Promise<unknown>): Promise<{ calls: ModelCall[]; tookMs: number }> {
  const calls: ModelCall[] = [];
  const start = performance.now();
  await observeCalls((call) => calls.push(call), run);
  return { calls, tookMs: performance.now() - start };
}

async function all(stream: AsyncIterable<string>): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}
