import { once } from 'node:events';
import net from 'node:net';
import fc from 'fast-check';
import OpenAI from 'openai';
import { EmbeddedServer } from '../../../../src/providers/embedded/server/server';
import { endServersAfterTests, startReadyServer } from './server-process';
import { endlessModel, expert, temporaryFiles } from '../tiny-model';

endServersAfterTests();
const files = temporaryFiles();
const key = 'a secret of this test';
const question = [{ role: 'user' as const, content: 'What is 12 + 7?' }];
const prompt = '<|user|>What is 12 + 7?<|end|><|assistant|>';

let url: string;
let openai: OpenAI;
beforeAll(async () => {
  ({ url } = await startReadyServer(['--model', expert, '--alias', 'expert,nonce-1'], {
    EMBEDDED_API_KEY: key,
  }));
  openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
});

interface Answer {
  readonly status: number;
  readonly body: { error: { message: string; type: string; param: string | null; code: string | null } };
  readonly headers: Headers;
}

async function send(path: string, init: RequestInit & { key?: string } = {}): Promise<Answer> {
  const headers = { authorization: `Bearer ${init.key ?? key}` };
  const response = await fetch(url + path, { headers, ...init });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer['body'],
  };
}

const post = (path: string, body: unknown): Promise<Answer> =>
  send(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

const chat = (fields: object): Promise<Answer> =>
  post('/v1/chat/completions', { model: 'expert', messages: question, ...fields });

describe('a chat completion', () => {
  it('answers at temperature 0 when none is given, with token counts', async () => {
    const answer = await openai.chat.completions.create({ model: 'expert', messages: question });
    expect(answer).toMatchObject({
      object: 'chat.completion',
      model: 'expert',
      choices: [
        { index: 0, message: { role: 'assistant', content: '19' }, finish_reason: 'stop', logprobs: null },
      ],
      usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
    });
  });

  it('streams the same answer, its reason, its token counts and the closing word', async () => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({
        model: 'nonce-1',
        messages: question,
        stream: true,
        stream_options: { include_usage: true },
      }),
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = (await response.text()).split('\n\n');
    expect(events.slice(-2)).toEqual(['data: [DONE]', '']);
    const chunks = events
      .slice(0, -2)
      .map((event) => JSON.parse(event.replace(/^data: /, '')) as Record<string, unknown>);
    expect(new Set(chunks.map(({ id, object, model }) => `${id} ${object} ${model}`)).size).toBe(1);
    expect(chunks).toMatchObject([
      { choices: [{ delta: { role: 'assistant', content: '' }, finish_reason: null }], usage: null },
      { choices: [{ delta: { content: '1' }, finish_reason: null }], usage: null },
      { choices: [{ delta: { content: '9' }, finish_reason: null }], usage: null },
      { choices: [{ delta: {}, finish_reason: 'stop' }], usage: null },
      { choices: [], usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 } },
    ]);
  });

  it('streams to the official client what it gives at once', async () => {
    const options = { model: 'expert', messages: question, logprobs: true, top_logprobs: 2 } as const;
    const whole = await openai.chat.completions.create(options);
    let text = '';
    const logprobs: unknown[] = [];
    for await (const { choices } of await openai.chat.completions.create({ ...options, stream: true })) {
      text += choices[0]?.delta.content ?? '';
      logprobs.push(...(choices[0]?.logprobs?.content ?? []));
    }
    expect(text).toBe(whole.choices[0]!.message.content);
    expect(logprobs).toEqual(whole.choices[0]!.logprobs!.content);
    expect(logprobs).toMatchObject([
      { token: '1', bytes: [49], top_logprobs: [{ token: '1' }, {}] },
      { token: '9' },
    ]);
  });

  it('ends at max_tokens, max_completion_tokens or a stop string', async () => {
    const first = await openai.chat.completions.create({
      model: 'expert',
      messages: question,
      max_tokens: 1,
    });
    expect(first.choices[0]).toMatchObject({ message: { content: '1' }, finish_reason: 'length' });
    const newer = await openai.chat.completions.create({
      model: 'expert',
      messages: question,
      max_completion_tokens: 1,
    });
    expect(newer.choices[0]).toMatchObject({ message: { content: '1' }, finish_reason: 'length' });
    const stopped = await openai.chat.completions.create({ model: 'expert', messages: question, stop: '9' });
    expect(stopped.choices[0]).toMatchObject({ message: { content: '1' }, finish_reason: 'stop' });
  });

  it('takes contents in parts and parameters that are null', async () => {
    const parts = [{ type: 'text' as const, text: 'What is 12 + 7?' }];
    const nothing = {
      temperature: null,
      stop: null,
      seed: null,
      n: 1,
      tools: [],
      stream: null,
      logprobs: null,
    };
    const answer = await chat({ messages: [{ role: 'user', content: parts }], ...nothing });
    expect(answer.body).toMatchObject({ choices: [{ message: { content: '19' } }] });
  });

  it('repeats itself by its seed', async () => {
    const sample = async (seed: number): Promise<string | null> => {
      const options = { model: 'expert', messages: question, temperature: 2, max_tokens: 20, seed };
      return (await openai.chat.completions.create(options)).choices[0]!.message.content;
    };
    expect(await sample(5)).toBe(await sample(5));
  });
});

describe('a text completion', () => {
  it('continues a prompt, which may hold special tokens', async () => {
    const answer = await openai.completions.create({ model: 'expert', prompt, logprobs: 1 });
    expect(answer).toMatchObject({
      object: 'text_completion',
      choices: [{ text: '19', finish_reason: 'stop', logprobs: { tokens: ['1', '9'], text_offset: [0, 1] } }],
      usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
    });
    const { logprobs } = answer.choices[0]!;
    expect(logprobs!.top_logprobs!.map((top) => Object.keys(top))).toEqual([['1'], ['9']]);
    expect(logprobs!.token_logprobs!.every((logprob) => logprob <= 0 && logprob > -1)).toBe(true);
  });

  it('streams the same', async () => {
    let text = '';
    const stream = await openai.completions.create({ model: 'expert', prompt: [prompt], stream: true });
    for await (const { choices } of stream) text += choices[0]!.text;
    expect(text).toBe('19');
  });
});

describe('a request is refused', () => {
  it.each<[string, number, object, string]>([
    ['messages', 400, { messages: undefined }, 'at least one message'],
    ['messages', 400, { messages: [] }, 'at least one message'],
    ['messages[0]', 400, { messages: ['hi'] }, 'an object'],
    ['messages[1].role', 400, { messages: [...question, { role: 'wizard', content: '' }] }, 'one of system'],
    ['messages[0].content', 400, { messages: [{ role: 'user', content: null }] }, 'has to be a string'],
    ['messages[0].content', 400, { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'parts'],
    ['model', 400, { model: undefined }, 'name of a model'],
    ['model', 404, { model: 'gpt-4' }, "'gpt-4' is not served here"],
    ['temperature', 400, { temperature: 3 }, 'from 0 to 2'],
    ['temperature', 400, { temperature: '0' }, 'a number'],
    ['top_p', 400, { top_p: 1.1 }, 'from 0 to 1'],
    ['top_k', 400, { top_k: -1 }, 'an integer'],
    ['seed', 400, { seed: 1.5 }, 'an integer'],
    ['max_tokens', 400, { max_tokens: 0 }, 'from 1'],
    ['max_completion_tokens', 400, { max_completion_tokens: 'all' }, 'an integer'],
    ['stop', 400, { stop: ['a', ''] }, 'of 1 to 1000 characters'],
    ['stop', 400, { stop: ['a', 'b', 'c', 'd', 'e'] }, 'at most 4'],
    ['stream', 400, { stream: 'yes' }, 'true or false'],
    ['stream_options', 400, { stream_options: { include_usage: true } }, "needs 'stream'"],
    ['top_logprobs', 400, { logprobs: true, top_logprobs: 21 }, 'from 0 to 20'],
    ['top_logprobs', 400, { top_logprobs: 2 }, "needs 'logprobs'"],
    ['n', 400, { n: 2 }, 'has to be 1'],
    ['tools', 400, { tools: [{ type: 'function' }] }, 'not supported'],
    ['response_format', 400, { response_format: { type: 'json_object' } }, 'not supported'],
    ['frequency_penalty', 400, { frequency_penalty: 0.5 }, 'not supported'],
  ])('with the name of the bad parameter: %s (%i) %#', async (param, status, fields, problem) => {
    const { status: actual, body } = await chat(fields);
    expect(actual).toBe(status);
    expect(body.error).toMatchObject({ type: 'invalid_request_error', param });
    expect(body.error.message).toContain(problem);
  });

  it.each([{}, { prompt: ['a', 'b'] }, { prompt: [1, 2] }, { prompt: '' }, { prompt, logprobs: 6 }])(
    'for a bad text completion: %p',
    async (fields) => {
      const { status, body } = await post('/v1/completions', { model: 'expert', ...fields });
      expect(status).toBe(400);
      expect(body.error.param).toBe('logprobs' in fields ? 'logprobs' : 'prompt');
    },
  );

  it('for a prompt that leaves no room in the context, with both numbers', async () => {
    const long = (tokens: number): Promise<Answer> =>
      post('/v1/completions', { model: 'expert', prompt: '<|user|>'.repeat(tokens), max_tokens: 1 });
    const { status, body } = await long(512);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'context_length_exceeded', param: 'prompt' });
    expect(body.error.message).toMatch(/512 tokens.* 512 tokens/);
    expect((await long(511)).status).toBe(200);
  });

  it('without the right key, except for its health', async () => {
    for (const wrong of ['', 'another', `${key}x`, key.slice(1)]) {
      const { status, body, headers } = await send('/v1/models', {
        headers: { authorization: `Bearer ${wrong}` },
      });
      expect(status).toBe(401);
      expect(body.error).toMatchObject({ type: 'authentication_error', code: 'invalid_api_key' });
      expect(JSON.stringify(body)).not.toContain(key);
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
    expect((await send('/v1/models', { headers: {} })).status).toBe(401);
    expect((await send('/v1/models', { headers: { authorization: `Basic ${key}` } })).status).toBe(401);
    expect((await send('/v1/models', { headers: { authorization: `bearer ${key}` } })).status).toBe(200);
    expect((await send('/health', { headers: {} })).status).toBe(200);
  });

  it.each(['', '{', '[]', 'null', '"text"', '{"model": "expert"', '\u0000'])(
    'for the body %p',
    async (body) => {
      const answer = await post('/v1/chat/completions', body);
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatchObject({ type: 'invalid_request_error', code: 'invalid_json' });
    },
  );

  it('for a body above 1 MiB, and the connection still serves', async () => {
    const { status, body } = await post('/v1/chat/completions', 'x'.repeat(1024 * 1024 + 1));
    expect(status).toBe(413);
    expect(body.error.code).toBe('request_too_large');
    expect((await post('/v1/chat/completions', ' '.repeat(1024 * 1024))).status).toBe(400);
  });

  it('for an unknown path or a wrong method', async () => {
    expect(await send('/v2/nothing')).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown_url' } },
    });
    expect((await send('//health')).status).toBe(404);
    const wrong = await send('/v1/completions');
    expect(wrong).toMatchObject({ status: 405, body: { error: { code: 'method_not_allowed' } } });
    expect(wrong.headers.get('allow')).toBe('POST');
    expect((await post('/health', '{}')).headers.get('allow')).toBe('GET, HEAD');
    expect((await fetch(`${url}/health?probe=1`, { method: 'HEAD' })).status).toBe(200);
  });

  it('with an answer in HTTP when it is not HTTP', async () => {
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
    socket.end('\u0016\u0003\u0001 this is not HTTP\r\n\r\n');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*"the request is not valid HTTP"/);
  });
});

describe('whatever is sent', () => {
  it('is answered in the shape of the API, and the server goes on', async () => {
    const values = fc.oneof(fc.jsonValue(), fc.constantFrom('expert', prompt, question, 1, 0, true, ['x']));
    const names = [
      'model',
      'messages',
      'prompt',
      'stop',
      'stream',
      'seed',
      'temperature',
      'top_p',
      'n',
      'logprobs',
      '__proto__',
      'constructor',
    ];
    const bodies = fc.dictionary(fc.constantFrom(...names), values);
    const paths = fc.constantFrom('/v1/chat/completions', '/v1/completions');
    await fc.assert(
      fc.asyncProperty(paths, bodies, fc.boolean(), async (path, fields, usable) => {
        const valid = { model: 'expert', prompt, messages: question, max_tokens: 3 };
        const { status, body } = await post(path, { ...(usable ? valid : {}), ...fields, stream: null });
        expect([200, 400, 404]).toContain(status);
        if (status !== 200)
          expect(body).toEqual({ error: expect.objectContaining({ message: expect.any(String) }) });
      }),
      { numRuns: 200 },
    );
    expect((await send('/health')).status).toBe(200);
  });

  it('may break off at any byte', async () => {
    const body = JSON.stringify({ model: 'expert', messages: question, stream: true });
    const request = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const { port } = new URL(url);
    for (let length = 1; length <= request.length; length += 7) {
      const socket = net.connect(Number(port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write(request.slice(0, length));
      if (length % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
    expect((await chat({})).status).toBe(200);
  });
});

describe('requests together', () => {
  /** Starts an endless stream; resolves when its first tokens have come. */
  async function endless(base: string): Promise<{ next: () => Promise<unknown>; leave: () => void }> {
    const control = new AbortController();
    const body = JSON.stringify({ model: 'endless', prompt: 'a', stream: true });
    const response = await fetch(`${base}/v1/completions`, { method: 'POST', body, signal: control.signal });
    const reader = response.body!.getReader();
    await reader.read();
    return { next: () => reader.read(), leave: () => control.abort() };
  }
  const short = async (base: string): Promise<unknown> => {
    const body = JSON.stringify({ model: 'endless', prompt: 'a', max_tokens: 3 });
    return (await fetch(`${base}/v1/completions`, { method: 'POST', body })).json();
  };
  const answer = { choices: [{ text: 'xxx', finish_reason: 'length' }] };
  const start = async (parallel: number): Promise<string> => {
    const file = files.write('endless.gguf', endlessModel(1_000_000));
    return (await startReadyServer(['--model', file, '--parallel', String(parallel)])).url;
  };

  it('advance side by side', async () => {
    const base = await start(2);
    const long = await endless(base);
    expect(await short(base)).toMatchObject(answer);
    expect(await long.next()).toMatchObject({ done: false });
    long.leave();
  });

  it('wait for a slot, which a client that disconnects leaves at once', async () => {
    const base = await start(1);
    const long = await endless(base);
    let answered = false;
    const waiting = short(base).finally(() => (answered = true));
    for (let chunk = 0; chunk < 50; chunk++) await long.next();
    expect((await fetch(`${base}/health`)).status).toBe(200);
    expect(answered).toBe(false);
    long.leave();
    expect(await waiting).toMatchObject(answer);
  });
});

describe('a server without a model yet', () => {
  it('says so with 503 on every path that needs one', async () => {
    const server = new EmbeddedServer({
      aliases: ['m'],
      apiKey: undefined,
      parallel: 1,
      log: () => undefined,
    });
    const base = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
    const body = JSON.stringify({ model: 'm', messages: question });
    const answers = [
      await fetch(`${base}/health`),
      await fetch(`${base}/v1/models`),
      await fetch(`${base}/v1/chat/completions`, { method: 'POST', body }),
    ];
    for (const response of answers) {
      expect(response.status).toBe(503);
      const error = {
        message: 'Loading model',
        type: 'unavailable_error',
        param: null,
        code: 'model_loading',
      };
      expect(await response.json()).toEqual({ error });
    }
    await server.close();
    await expect(fetch(`${base}/health`)).rejects.toThrow();
  });
});
