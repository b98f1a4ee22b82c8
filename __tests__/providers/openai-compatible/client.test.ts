import { execFileSync } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import OpenAI from 'openai';
import { ModelProviderError } from '../../../src/base/errors';
import { all, observed } from './observed';
import { ModelClient, type GenerateOptions } from '../../../src/providers/openai-compatible/client';
import { caught } from '../../support/caught';
import { ownPlaces } from '../../support/own-places';
import { completion, fakeEndpoint, json, refusal } from '../../fixtures/fake-endpoint';

const endpoint = fakeEndpoint();
const key = 'sk-test-0123456789abcdef';
let lease: AbortController;
let client: ModelClient;

beforeEach(() => {
  lease = new AbortController();
  client = new ModelClient(
    { baseURL: endpoint.baseURL, apiKey: key, model: 'm' },
    { spec: 'fake:m', signal: lease.signal },
  );
});

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

  test.each([
    [{ content: 'Hello', reasoning_content: 'hm' }, 'stop', { finishReason: 'stop', reasoning: 'hm' }],
    [
      { content: '<think>not to the end' },
      'length',
      { finishReason: 'length', reasoning: 'not to the end', isEmpty: true },
    ],
    [{ content: null, refusal: 'no' }, 'stop', { finishReason: 'stop', isRefused: true }],
    [
      { content: '', tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' } }] },
      'tool_calls',
      { finishReason: 'tool_calls' },
    ],
    [{ content: ' \n' }, null, { isEmpty: true }],
  ])('notes the call, how it ended and what the model thought: %j', async (message, finish_reason, facts) => {
    endpoint.answer(json(200, { choices: [{ index: 0, message, finish_reason }] }));
    const { calls } = await observed(() => client.generate('Hi'));
    expect(calls).toEqual([
      expect.objectContaining({
        spec: 'fake:m',
        facts: { ms: expect.any(Number) as number, path: '/chat/completions', status: 200, ...facts },
      }),
    ]);
  });

  test('notes what was said, as it was when it was sent', async () => {
    endpoint.answer(json(200, completion('Hello')));
    const messages = [{ role: 'user' as const, content: 'Hi' }];
    const { calls } = await observed(async () => {
      const { raw } = await client.generate(messages, { seed: 1 });
      messages.push({ role: 'user', content: 'later' });
      Object.assign(raw, { choices: [] });
    });
    expect(calls[0]?.bodies?.request).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      seed: 1,
    });
    expect(calls[0]?.bodies?.answer).toEqual(completion('Hello'));
  });

  test('notes a call that failed, with its status and what the server said', async () => {
    endpoint.answer(refusal(503, 'overloaded'));
    const { calls } = await observed(() => caught(client.generate('Hi')));
    expect(calls.map(({ facts }) => facts)).toEqual([
      {
        ...{ ms: expect.any(Number) as number, path: '/chat/completions', status: 503 },
        error: expect.stringContaining('overloaded') as string,
      },
    ]);
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
      { reasoning: 'drop' },
      'generate(): reasoning is "drop"; it must be \'keep\' or { opened: true }.',
    ],
    [
      'Hi',
      { maxAnswerBytes: 0 },
      'generate(): maxAnswerBytes is 0; it must be a whole number of at least 1.',
    ],
    ['Hi', { maxTokens: '7' }, 'generate(): maxTokens is "7"; it must be a whole number of at least 1.'],
    ['Hi', { seed: NaN }, 'generate(): seed is NaN; it must be a number.'],
    ['Hi', { temperature: '0' }, 'generate(): temperature is "0"; it must be a number.'],
    ['Hi', { stop: 5 }, 'generate(): stop is 5; it must be a text, or an array of texts.'],
    ['Hi', { tools: 'weather' }, 'generate(): tools is "weather"; it must be an array of tools.'],
    ['Hi', { extra: 'top_k' }, 'generate(): extra is "top_k"; it must be an object.'],
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
      reasoning: undefined,
      toolCalls: [],
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

  test('returns the calls of the tools that it was given, and the reasoning before its text', async () => {
    const function_ = { name: 'weather', arguments: '{"city":"Oslo"}' };
    const message = {
      content: '<think>A tool.</think>',
      tool_calls: [{ id: 'c1', type: 'function', function: function_ }],
    };
    endpoint.answer(json(200, completion('', { choices: [{ message, finish_reason: 'tool_calls' }] })));
    const tools = [
      { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } },
    ] as const;
    expect(await client.generate('Weather in Oslo?', { tools })).toMatchObject({
      text: '',
      reasoning: 'A tool.',
      toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }],
    });
    expect(endpoint.requests[0]!.body['tools']).toEqual(tools);
  });

  test('says once that the server counts its tokens by what are no numbers, and counts none', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      endpoint.answer(
        json(200, completion('Hello', { usage: { prompt_tokens: '3', completion_tokens: -1 } })),
      );
      for (let times = 0; times < 2; times += 1) expect((await client.generate('Hi')).usage).toBeUndefined();
      expect(warned.mock.calls).toEqual([
        [
          '"m" counts its tokens as {"prompt_tokens":"3","completion_tokens":-1}, which are no numbers of tokens: they are not counted.',
        ],
      ]);
    } finally {
      warned.mockRestore();
    }
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

describe.each([
  ['generate', (options: GenerateOptions) => client.generate('Hi', options)],
  ['stream', (options: GenerateOptions) => all(client.stream('Hi', options))],
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
    expect(await caught(send({}))).toEqual(lost);
    expect(endpoint.requests).toEqual([]);
  });

  test('rejects with the reason of a lease that ends meanwhile, and ends the request at the server', async () => {
    endpoint.answer(() => lease.abort(lost));
    expect(await caught(send({}))).toEqual(lost);
    await endpoint.requests[0]!.closed;
  });

  test('rejects with RESOURCE_LOST also when the socket fails before the news of the death comes', async () => {
    endpoint.answer((response) => {
      response.destroy();
      setTimeout(() => lease.abort(lost), 50);
    });
    expect(await caught(send({}))).toEqual(lost);
  });

  test('rejects with RESOURCE_LOST also when the machine stands still before the news of the death comes', async () => {
    endpoint.answer((response) => {
      response.destroy();
      setTimeout(() => {
        const until = performance.now() + 1000;
        while (performance.now() < until);
        setTimeout(() => lease.abort(lost), 50);
      }, 50);
    });
    expect(await caught(send({}))).toEqual(lost);
  });

  test('prefers the news of the death to a signal that aborts at the same time', async () => {
    const abort = new AbortController();
    endpoint.answer(() => {
      abort.abort(new Error('too slow'));
      lease.abort(lost);
    });
    expect(await caught(send({ signal: abort.signal }))).toEqual(lost);
  });

  test.each([400, 401, 404, 500, 503])(
    'says what the server said with HTTP %i, and asks once',
    async (status) => {
      endpoint.answer(refusal(status, 'so it is', { 'retry-after': '2' }));
      const error = await caught(send({}));
      expect([error.code, error.message]).toEqual(['REQUEST_FAILED', `"m" answered ${status} so it is`]);
      expect(error.details).toEqual({
        model: 'm',
        baseURL: endpoint.baseURL,
        status,
        retryAfterMs: 2000,
        type: 'some_error',
        serverCode: 'some_code',
      });
      expect(endpoint.requests).toHaveLength(1);
    },
  );

  test.each([
    ['a page', 'text/html', '<h1>Hello</h1>', 'text/html, "<h1>Hello</h1>"'],
    ['an empty body', 'application/json', '', 'an empty body'],
    ['a cut body', 'application/json', '{"choices":[{"mess', 'application/json, "{\\"choices\\":[{\\"mess"'],
  ])('refuses %s that comes with success, and shows it', async (_what, type, body, said) => {
    endpoint.answer((response) => response.writeHead(200, { 'content-type': type }).end(body));
    const error = await caught(send({}));
    expect([error.code, error.message]).toEqual([
      'REQUEST_FAILED',
      `"m" answered HTTP 200 with what is no completion: ${said}`,
    ]);
    expect(error.details).toMatchObject({ status: 200 });
  });

  test('takes the code of an error that comes with success for its status', async () => {
    endpoint.answer(json(200, { error: { message: 'not here', code: 404 } }));
    const error = await caught(send({}));
    expect(error.message).toBe('"m" answered 404 not here (with HTTP 200)');
    expect(error.details).toMatchObject({ status: 404 });
  });

  test('has a limit of bytes, beyond which an answer is not read', async () => {
    let sent = 0;
    endpoint.answer((response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(`: ${'x'.repeat(60_000)}\n`)) sent += 60_000;
      };
      response.writeHead(200, { 'content-type': 'text/event-stream' }).on('drain', more);
      more();
    });
    const error = await caught(send({ maxAnswerBytes: 1_000_000 }));
    expect([error.code, error.message]).toEqual([
      'REQUEST_FAILED',
      '"m" answered HTTP 200 with more than 1000000 bytes, which is the limit (maxAnswerBytes)',
    ]);
    await endpoint.requests[0]!.closed;
    expect(sent).toBeLessThan(20_000_000);
  });

  test('does not follow a redirect to another host, which would get the key', async () => {
    endpoint.answer((response) =>
      response.writeHead(307, { location: 'http://127.0.0.1:1/v1/chat/completions' }).end(),
    );
    const error = await caught(send({}));
    const { origin } = new URL(endpoint.baseURL);
    expect([error.code, error.message]).toEqual([
      'REQUEST_FAILED',
      `"m" was redirected from ${origin} to another host, http://127.0.0.1:1, which was not asked: give that as baseURL if it is right.`,
    ]);
  });

  test('follows a redirect on the same host that keeps the request', async () => {
    endpoint.answer(
      (response) => response.writeHead(308, { location: '/v2/chat' }).end(),
      json(200, completion('Hello')),
    );
    const answer = (await send({})) as { text: string } | string[];
    expect('text' in answer ? answer.text : answer.join('')).toBe('Hello');
    expect(endpoint.requests.map(({ path, body }) => [path, body['model']])).toEqual([
      ['/v1/chat/completions', 'm'],
      ['/v2/chat', 'm'],
    ]);
  });

  test.each([
    [
      302,
      '/v2/chat',
      /^"m" was redirected with HTTP 302 to http:.*\/v2\/chat, which loses the request: correct the baseURL\.$/,
    ],
    [307, '/v1/chat/completions', /^"m" was redirected more than 5 times from http:/],
  ])('refuses a redirect with HTTP %i to %s', async (status, location, message) => {
    endpoint.answer((response) => response.writeHead(status, { location }).end());
    expect((await caught(send({}))).message).toMatch(message);
  });

  test('says when no server is there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    await new Promise((resolve) => server.close(resolve));
    client = new ModelClient({ baseURL, apiKey: key, model: 'm' }, { spec: 'fake:m', signal: lease.signal });
    const error = await caught(send({}));
    expect(error.code).toBe('REQUEST_FAILED');
    expect(error.message).toBe(
      `"m" got no answer from ${baseURL}: fetch failed: connect ECONNREFUSED ${new URL(baseURL).host}`,
    );
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

  test('has its calls noted as those of generate(), streams included', async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    endpoint.answer(json(200, completion('Hello', { usage })), (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const chunk = { choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] };
      for (const event of [chunk, { choices: [], usage }])
        response.write(`data: ${JSON.stringify(event)}\n\n`);
      response.end('data: [DONE]\n\n');
    });
    const asked = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }] };
    const chunks: unknown[] = [];
    const { calls } = await observed(async () => {
      await client.openai.chat.completions.create(asked);
      for await (const chunk of await client.openai.chat.completions.create({ ...asked, stream: true }))
        chunks.push(chunk);
    });
    expect(chunks).toHaveLength(1);
    const facts = {
      ...{ ms: expect.any(Number) as number, path: '/chat/completions', status: 200, finishReason: 'stop' },
      usage: { promptTokens: 3, completionTokens: 2 },
    };
    expect(calls.map((call) => call.facts)).toEqual([
      facts,
      { ...facts, firstTokenMs: expect.any(Number) as number },
    ]);
    expect(calls[1]?.bodies).toMatchObject({
      request: asked,
      answer: { choices: [{ message: { content: 'Hi' } }] },
    });
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

  describe('in a script', () => {
    const places = ownPlaces();
    const root = path.resolve(__dirname, '../../..');

    /** What a script prints that has a client, and runs in a folder with these files. */
    function printed(script: string, files: Readonly<Record<string, string>> = {}): string {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(places.directory, name)), { recursive: true });
        writeFileSync(path.join(places.directory, name), text);
      }
      const whole = `
        const { ModelClient } = require(${JSON.stringify(root)});
        const client = new ModelClient({ baseURL: '${endpoint.baseURL}', apiKey: 'none', model: 'm' }, new AbortController());
        ${script}`;
      const env = { ...process.env, NODE_OPTIONS: '', JEST_WORKER_ID: undefined };
      const options = { cwd: places.directory, env, encoding: 'utf8' } as const;
      return execFileSync(process.execPath, ['-e', whole], options).trim();
    }

    test('is loaded at its first use, not with the package', () => {
      const script = `
        const loaded = () => Object.keys(require.cache).some((file) => file.includes('/node_modules/openai/'));
        const before = loaded();
        client.openai;
        console.log(before, loaded());`;
      expect(printed(script)).toBe('false true');
    });

    test('is that of the project, before any that the package finds from its own place', () => {
      const files = {
        'node_modules/openai/index.js': `exports.OpenAI = class { name = 'of the project'; };`,
      };
      expect(printed('console.log(client.openai.name);', files)).toBe('of the project');
    });

    test('shows what is wrong with an SDK that cannot be loaded', () => {
      const files = { 'node_modules/openai/index.js': `require('what it needs');` };
      const script = `try { client.openai; } catch (error) { console.log(error.message.split('\\n')[0]); }`;
      expect(printed(script, files)).toBe("Cannot find module 'what it needs'");
    });
  });
});
