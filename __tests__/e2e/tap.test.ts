import { completion, fakeEndpoint, json, refusal, type Answerer } from '../fixtures/fake-endpoint';
import { mine, notesUnder, records, samples } from '../support/eval-logs';
import type { SampleRecord } from '../../src/evals/log/log-record';
import { outcome, spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const endpoint = fakeEndpoint();
const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };

/** Answers with what it was asked, as a stream where one is wanted. */
const echo: Answerer = (response, request) => {
  const {
    messages = [],
    stream,
    stream_options: options,
  } = request.body as {
    messages?: { content: string }[];
    stream?: boolean;
    stream_options?: { include_usage?: boolean };
  };
  const asked = messages.at(-1)?.content ?? '';
  if (asked === 'overloaded') return refusal(503, 'overloaded')(response, request);
  if (asked === 'unpaid')
    return json(429, { error: { message: 'pay first', type: 'insufficient_quota' } })(response, request);
  if (asked === 'refused') return refusal(401, 'wrong key')(response, request);
  if (asked === 'never') return undefined;
  if (stream !== true) return json(200, completion(asked, { usage }))(response, request);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const chunk = (choices: object[], more = {}): void =>
    void response.write(`data: ${JSON.stringify({ object: 'chat.completion.chunk', choices, ...more })}\n\n`);
  chunk([{ index: 0, delta: { role: 'assistant', content: '' } }]);
  for (const letter of asked) chunk([{ index: 0, delta: { content: letter } }]);
  if (asked === 'abcdef') return undefined;
  chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]);
  if (options?.include_usage === true) chunk([], { usage });
  response.end('data: [DONE]\n\n');
};

// What nock 13 and 14 replace, for whatever asks for them in this process from then on.
const patches = `
    const http = require('node:http');
    const { request, get, ClientRequest } = http;
    const replaced = () => { throw new Error('replaced'); };
    Object.assign(http, { request: replaced, get: replaced, ClientRequest: replaced });
    afterAll(() => Object.assign(http, { request, get, ClientRequest }));`;

const files = {
  'providers.js': `
    const { defineProviders, OpenAICompatibleProvider } = require('jest-model-provider');
    module.exports = defineProviders({
      fake: new OpenAICompatibleProvider({ baseURL: process.env.FAKE_URL, apiKeyVariable: 'FAKE_KEY' }),
    });`,
  // Made when it is imported, as most are.
  'app.js': `
    const { OpenAI } = require('openai');
    const client = new OpenAI({ maxRetries: 0 });
    const messages = (content) => [{ role: 'user', content }];
    module.exports = {
      environment: { url: process.env.OPENAI_BASE_URL, key: process.env.OPENAI_API_KEY },
      async ask(content) {
        const { choices } = await client.chat.completions.create({ model: 'm', messages: messages(content) });
        return choices[0].message.content;
      },
      async stream(content) {
        const chunks = [];
        for await (const chunk of await client.chat.completions.create({ model: 'm', messages: messages(content), stream: true })) chunks.push(chunk);
        return chunks;
      },
    };`,
  'module-level.eval.js': spec(`
    const app = require('./app.js');
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    withClient(['fake:m'], () => {
      foreach('n', Array.from({ length: 50 }, (_, n) => n), async (n) => {
        await wait(Math.random() * 20);
        const text = n % 2 === 0 ? await app.ask('sample ' + n) : (await app.stream('sample ' + n)).map(({ choices }) => choices[0].delta.content ?? '').join('');
        return new Result(text, exactMatch(text, 'sample ' + n));
      }, { title: 'module level', concurrency: 50 });
      foreach('n', [1], async (n) => new Result(String((await app.stream('abc')).filter(({ choices }) => choices.length === 0).length), exactMatch('a', 'a')), { title: 'no extra chunk' });
      test('a plain test', async () => note('plain ' + (await app.ask('plain'))));
    });`),
  'patched.eval.js': spec(`
    ${patches}
    withClient(['fake:m'], () => {
      foreach('n', [1], async (n, { connection: { baseURL } }) => {
        const body = JSON.stringify({ messages: [{ content: 'patched' }] });
        const response = await fetch(baseURL + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
        return new Result((await response.json()).choices[0].message.content, exactMatch('a', 'a'));
      }, { title: 'patched' });
    });`),
  'connection.eval.js': spec(`
    const { execFile } = require('node:child_process');
    const { promisify } = require('node:util');
    const post = async ({ baseURL, apiKey, model }, content, path = '/chat/completions') => {
      const response = await fetch(baseURL + path, { method: 'POST', headers: { authorization: 'Bearer ' + apiKey, 'content-type': 'application/json' }, body: JSON.stringify({ model, messages: [{ role: 'user', content }] }) });
      return { status: response.status, body: await response.json() };
    };
    let late;
    withClient(['fake:m'], (handle) => {
      const early = handle.connection.baseURL;
      foreach('n', [1], async (n, { connection }) => {
        late = connection;
        note('early ' + (early === handle.connection.baseURL));
        note('model ' + connection.model + ' ' + handle.connection.model);
        return new Result((await post(connection, 'by connection')).body.choices[0].message.content, exactMatch('a', 'a'));
      }, { title: 'connection' });
      foreach('n', [1], async (n, { env }) => {
        const code = 'import json,os,urllib.request as u; print(json.load(u.urlopen(u.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", data=json.dumps({"messages": [{"content": "python"}]}).encode(), headers={"content-type": "application/json"})))["choices"][0]["message"]["content"])';
        const { stdout } = await promisify(execFile)('python3', ['-c', code], { env: { ...process.env, ...env } });
        note('variables ' + Object.keys(env).sort().join(' '));
        note('anthropic ' + (env.ANTHROPIC_BASE_URL + '/v1' === env.OPENAI_BASE_URL));
        return new Result(stdout.trim(), exactMatch('a', 'a'));
      }, { title: 'python' });
      foreach('n', [1], async (n) => {
        const code = 'fetch(process.argv[1], { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ messages: [{ content: "elsewhere" }] }) }).then((r) => r.text())';
        await promisify(execFile)(process.execPath, ['-e', code, handle.connection.baseURL + '/chat/completions']);
        return new Result('x', exactMatch('a', 'a'));
      }, { title: 'unattributed' });
      test('an address that has ended', async () => {
        const { status, body } = await post(late, 'late');
        note('late ' + status + ' ' + body.error.code);
      });
      test('what is not below the base URL', async () => {
        const { connection } = handle;
        for (const path of ['/../../secret', '/%2e%2e/%2e%2e/secret', '/../v1evil/x'])
          note('outside ' + (await post({ ...connection, baseURL: connection.baseURL.replace('/v1', '') }, 'x', path)).status);
      });
      foreach('n', [1], async (n, { connection }) => {
        const { status } = await post(connection, 'overloaded');
        if (status >= 500) throw new Error('my application failed');
      }, { title: 'overloaded', retries: 1 });
      for (const title of ['refused', 'unpaid'])
        foreach('n', [1, 2, 3, 4, 5, 6, 7, 8], async (n, { connection }) => {
          if ((await post(connection, title)).status >= 400) throw new Error('my application has no key');
        }, { title, concurrency: 1 });
      foreach('n', [1], async (n, { connection }) => {
        const { body } = await post({ ...connection, model: 'other' }, 'by another name');
        return new Result(body.choices[0].message.content, exactMatch('a', 'a'));
      }, { title: 'other model' });
      foreach('n', [1], async (n, { client }) => { await client.generate('never'); }, { title: 'own too slow', timeoutMs: 300 });
      foreach('n', [1], async (n, { connection }) => {
        const body = JSON.stringify({ messages: [{ content: 'abcdef' }], stream: true });
        const response = await fetch(connection.baseURL + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
        const reader = response.body.getReader();
        await reader.read();
        await reader.cancel();
        await new Promise((resolve) => setTimeout(resolve, 200));
        return new Result('left', exactMatch('a', 'a'));
      }, { title: 'left early' });
      foreach('n', [1], async (n, { connection }) => { await post(connection, 'never'); }, { title: 'too slow', timeoutMs: 300 });
    });`),
};

const secret = 'fake-key-of-the-endpoint';

describe.each(bothModes)('applications under test, %s', (mode) => {
  let run: JestRun;
  const asked: { content: string; authorization: string | undefined; encoding: string | undefined }[] = [];
  let paths: string[] = [];
  beforeAll(async () => {
    endpoint.answer((response, request) => {
      const { messages = [] } = request.body as { messages?: { content: string }[] };
      asked.push({
        content: messages.at(-1)?.content ?? '',
        authorization: request.headers.authorization,
        encoding: request.headers['accept-encoding'],
      });
      echo(response, request);
    });
    run = await runJest(files, mode, {
      config: {
        testEnvironmentOptions: { modelProviders: './providers.js' },
        setupFilesAfterEnv: ['jest-model-provider/application-env'],
      },
      env: { FAKE_URL: endpoint.baseURL, FAKE_KEY: secret, EVALS_RUN: mine },
    });
    paths = endpoint.requests.map(({ path }) => path);
  });
  const samplesIn = (title: string): SampleRecord[] => samples(records(run, title));

  test('leave nothing', () => {
    expect(run.left).toEqual([]);
  });

  test('a client made at import has its calls with the sample that makes them', () => {
    const found = samplesIn('module-level');
    expect(found).toHaveLength(50);
    for (const { index, calls, response } of found) {
      expect(response).toBe(`sample ${index}`);
      expect(calls).toEqual([
        {
          resource: 'fake:m',
          path: '/chat/completions',
          status: 200,
          finishReason: 'stop',
          usage: { promptTokens: 7, completionTokens: 3 },
          ms: expect.any(Number) as number,
          // It listens on this machine.
          ...{ cost: 0, isOwnMachine: true },
          ...(index % 2 === 0 ? {} : { firstTokenMs: expect.any(Number) as number }),
        },
      ]);
    }
  });

  test('the key of the model is added, and the application never has it', () => {
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${secret}`]));
    expect(JSON.stringify(records(run, 'connection'))).not.toContain(secret);
  });

  test('a stream that did not ask for its token counts has no chunk with them', () => {
    expect(samplesIn('no-extra-chunk')[0]?.response).toBe('0');
    expect(samplesIn('no-extra-chunk')[0]?.calls?.[0]?.usage).toEqual({
      promptTokens: 7,
      completionTokens: 3,
    });
  });

  test('a plain test calls the model of its block', () => {
    expect(notesUnder(run, 'plain')).toEqual(['plain']);
  });

  test('the address of a model is known while tests are collected, its name when it is set up', () => {
    expect(notesUnder(run, 'early')).toEqual(['true']);
    expect(notesUnder(run, 'model')).toEqual(['m m']);
  });

  test('context.connection and context.env lead to the sample', () => {
    expect(samplesIn('connection')[0]).toMatchObject({ response: 'by connection', calls: [{ status: 200 }] });
    expect(samplesIn('python')[0]).toMatchObject({ response: 'python', calls: [{ status: 200 }] });
    expect(notesUnder(run, 'variables')).toEqual([
      'ANTHROPIC_API_KEY ANTHROPIC_BASE_URL NO_PROXY OPENAI_API_BASE OPENAI_API_KEY OPENAI_BASE_URL no_proxy',
    ]);
    expect(notesUnder(run, 'anthropic')).toEqual(['true']);
  });

  test('a spec that replaces what Node sends requests with gets none of the tap', () => {
    expect(samplesIn('patched')[0]).toMatchObject({ response: 'patched', calls: [{ status: 200 }] });
  });

  test('a call of nobody is kept with the evaluation', () => {
    const log = records(run, 'unattributed');
    expect(samples(log)[0]?.calls).toBeUndefined();
    expect(log).toContainEqual(
      expect.objectContaining({
        type: 'unattributed',
        call: expect.objectContaining({ resource: 'fake:m', status: 200 }) as object,
      }),
    );
    expect(log.at(-1)).toMatchObject({ summary: { unattributed: { calls: 1, promptTokens: 7 } } });
    expect(run.output).toContain('(of no sample)');
  });

  test('an address answers 410 when its sample is over', () => {
    expect(notesUnder(run, 'late')).toEqual(['410 sample_ended']);
    expect(asked.map(({ content }) => content)).not.toContain('late');
  });

  test('nothing is passed on but what is below the base URL', () => {
    expect(new Set(notesUnder(run, 'outside'))).not.toContain('200');
    expect(paths.every((path) => path.startsWith('/v1/'))).toBe(true);
  });

  test('what fails after a failed call of the model is of the model’s side, and is tried again', () => {
    expect(samplesIn('overloaded')[0]).toMatchObject({
      error: { kind: 'infrastructure', message: 'my application failed' },
      calls: [{ status: 503, error: 'overloaded', errorCode: 'some_code' }],
      retried: ['my application failed'],
    });
  });

  test.each([
    ['refused', 'It refuses the key.'],
    ['unpaid', 'What was paid for there is used up.'],
  ])(
    'an evaluation stops when its endpoint answers nothing else, whatever is made of it: %s',
    (title, why) => {
      expect(outcome(run, `fake:m ${title}`).message).toContain(`my application has no key\n${why}`);
      expect(samplesIn(title)).toEqual([]);
    },
  );

  test('what is under way when the time of a sample is up is ended, and is in its log', () => {
    expect(samplesIn('too-slow')[0]).toMatchObject({
      error: { kind: 'timeout' },
      calls: [{ path: '/chat/completions', error: expect.stringContaining('ended') as string }],
    });
    expect(outcome(run, 'fake:m too slow').status).toBe('failed');
    expect(samplesIn('own-too-slow')[0]).toMatchObject({
      error: { kind: 'timeout' },
      calls: [{ path: '/chat/completions', error: expect.stringContaining('ended') as string }],
    });
  });

  test('a stream that the application leaves is no call that failed, and has no tokens', () => {
    const [call] = samplesIn('left-early')[0]?.calls ?? [];
    expect(call).toMatchObject({ status: 200 });
    expect(call).not.toHaveProperty('error');
    expect(call).not.toHaveProperty('usage');
  });

  test('a call that asks for another model says so, in the log and in the table', () => {
    expect(samplesIn('other-model')[0]?.calls).toMatchObject([{ resource: 'fake:m', model: 'other' }]);
    expect(samplesIn('connection')[0]?.calls?.[0]).not.toHaveProperty('model');
    expect(run.output).toContain('asked for another model 1');
  });
});
