import {
  chunk,
  completion,
  fakeEndpoint,
  json,
  refusal,
  sendEvent,
  type Answerer,
} from '../fixtures/fake-endpoint';
import { readPages } from '../docs/pages';
import { outcome, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

// Test files that run in pages: jsdom by the configuration of the project, happy-dom and all others by docblock.

const endpoint = fakeEndpoint();

/** Answers by what it is asked; some questions are refused the first time. */
function answers(): Answerer {
  const refused = new Set<string>();
  const once = (question: string, refuse: Answerer): Answerer => {
    if (refused.has(question)) return json(200, completion('yes'));
    refused.add(question);
    return refuse;
  };
  const call = { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } };
  const message = { content: '', tool_calls: [call] };
  return (response, request) => {
    const [asked] = (request.body['messages'] ?? []) as { content: string }[];
    const question = asked?.content ?? '';
    const [kind = ''] = question.split(' of ');
    if (kind === 'hangs') {
      if (request.body['stream'] === true) sendEvent(response, chunk('a piece'));
      return;
    }
    const answer =
      {
        tools: json(200, completion('', { choices: [{ message, finish_reason: 'tool_calls' }] })),
        wrong: refusal(400, 'no such thing'),
        busy: once(question, refusal(429, 'too many', { 'retry-after': '0' })),
        ill: once(question, refusal(503, 'not now')),
      }[kind] ?? json(200, completion('yes'));
    answer(response, request);
  };
}

const providers = `
  const { DatabaseProvider, defineProviders, OpenAICompatibleProvider } = require('jest-model-provider');
  module.exports = defineProviders({
    postgres: new DatabaseProvider({ server: 'embedded', schemas: { shop: './shop.sql' } }),
    pooled: new DatabaseProvider({ server: 'embedded', schemas: { shop: './shop.sql' }, pool: true }),
    endpoint: new OpenAICompatibleProvider({ baseURL: process.env.ENDPOINT, apiKeyVariable: 'OPENAI_API_KEY' }),
  });`;

/** What a test file sees of its globals and of those of Node, and which are Node's own. */
const globals = `
  const globals = () => {
    const outer = process.getBuiltinModule('node:vm').runInThisContext('globalThis');
    const names = [globalThis, outer].flatMap((one) => Object.getOwnPropertyNames(one));
    return [...new Set(names)].sort().map((name) => {
      const type = typeof globalThis[name];
      return [name, type, type === 'function' && globalThis[name] === outer[name]].join(' ');
    });
  };`;

const noteGlobals = (environment: string): string =>
  spec(`${globals}
    test('notes its globals', () => note('${environment} ' + JSON.stringify(globals())));`);

const contracts = {
  server: `
    const { connect } = require('node:net');
    const { EmbeddedProvider } = require('jest-model-provider');
    const { describeProviderContract } = require('jest-model-provider/testing');
    describeProviderContract('an embedded model', () => new EmbeddedProvider(), {
      name: 'novice',
      failing: { name: './no-such-file.gguf' },
      isAlive: ({ baseURL }) => new Promise((resolve) => {
        const socket = connect(Number(new URL(baseURL).port), '127.0.0.1');
        socket.once('connect', () => resolve(true)).once('connect', () => socket.destroy());
        socket.once('error', () => resolve(false));
      }),
      use: (client) => client.generate('2 + 3', { maxTokens: 3 }),
    });`,
  fake: `
    const { describeProviderContract, fakeProvider } = require('jest-model-provider/testing');
    const failSetup = (name) => (name === 'bad' ? 'it is bad' : undefined);
    describeProviderContract('a fake model', () => fakeProvider({ failSetup }), {
      name: 'good',
      failing: { name: 'bad' },
      use: (client) => client.generate('2 + 3'),
    });`,
};

/** Everything that talks with a model or a database, and the globals after it. */
const using = (name: string, contract: string): string =>
  spec(`
    ${globals}
    const { csv, jsonl } = require('jest-model-provider');
    const messages = [{ role: 'user', content: '2 + 3' }];

    withClient(['embedded:novice'], (handle) => {
      test('writes an answer into the page', async () => {
        document.body.innerHTML = '<p></p>';
        const { text } = await handle.client.generate('2 + 3', { maxTokens: 3 });
        document.querySelector('p').textContent = text;
        expect(document.body.innerHTML).toBe('<p>5</p>');
      });
      test('streams', async () => {
        const stream = handle.client.stream('2 + 3', { maxTokens: 3 });
        const pieces = [];
        for await (const piece of stream) pieces.push(piece);
        expect(pieces.join('')).toBe('5');
        expect((await stream.reply).usage.completionTokens).toBeGreaterThan(0);
      });
      test('asks by the SDK', async () => {
        const { chat } = handle.client.openai;
        const asked = { model: 'novice', messages, max_tokens: 3 };
        const { choices } = await chat.completions.create(asked, { signal: new AbortController().signal });
        expect(choices[0].message.content).toBe('5');
        const pieces = [];
        for await (const { choices } of await chat.completions.create({ ...asked, stream: true }))
          pieces.push(choices[0]?.delta.content ?? '');
        expect(pieces.join('')).toBe('5');
        await expect(chat.completions.create(asked, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
        await expect(chat.completions.create({ ...asked, temperature: -1 })).rejects.toMatchObject({ status: 400 });
      });
      const answered = async ({ q, a }, { signal }) => {
        const { text } = await handle.client.generate(q, { maxTokens: 3, signal });
        return new Result(text, exactMatch(text, a));
      };
      const lines = new URL('q.jsonl', 'file://' + __dirname + '/');
      foreach('q, a', jsonl(lines), answered, { title: 'lines', gate: { maxErrors: 0 } });
      foreach('q, a', csv('q.csv', { encoding: 'windows-1252' }), answered, { title: 'cells', gate: { maxErrors: 0 } });
    });

    withClient(['endpoint:m'], (handle) => {
      const reason = new Error('the reader has left');
      test('calls tools', async () => {
        const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
        const { toolCalls } = await handle.client.generate('tools', { tools });
        expect(toolCalls).toEqual([expect.objectContaining({ name: 'weather', arguments: { city: 'Oslo' } })]);
      });
      test('says what the server refuses', async () => {
        const refused = handle.client.generate('wrong');
        await expect(refused).rejects.toThrow('no such thing');
        await refused.catch((error) => expect(error).toBeInstanceOf(Error));
      });
      test('waits where there are too many requests', async () => {
        expect((await handle.client.generate('busy of ${name}')).text).toBe('yes');
      });
      test('gives up by a signal of the page, before and meanwhile', async () => {
        const { generate } = handle.client;
        await expect(handle.client.generate('hangs', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
        const [asking, reading] = [new AbortController(), new AbortController()];
        const asked = handle.client.generate('hangs', { signal: asking.signal });
        asking.abort(reason);
        await expect(asked).rejects.toBe(reason);
        const stream = handle.client.stream('hangs', { signal: reading.signal });
        await expect((async () => {
          for await (const piece of stream) reading.abort(reason);
        })()).rejects.toBe(reason);
      });
      foreach('n', [1, 2], async (n, { client, signal }) => {
        if (n === 2) return true;
        try {
          return (await client.generate('hangs', { signal })).text === '';
        } finally {
          note('${name} cancelled ' + signal.aborted);
        }
      }, { title: 'a time limit', timeoutMs: 300, retries: 0, gate: { maxErrors: 1 } });
      foreach('n', [1], async (_n, { client }) => (await client.generate('ill of ${name}')).text === 'yes',
        { title: 'a retry', retries: 1, gate: { maxErrors: 0 } });
    });

    test('gives a setup up by a signal of the page', async () => {
      const signal = AbortSignal.abort();
      const setup = modelProviders.setup('embedded:expert', undefined, { signal });
      await expect(setup).rejects.toMatchObject({ code: 'SETUP_ABORTED' });
    });

    withClient(['postgres:shop'], (handle) => {
      test('keeps bytes and times in a database', async () => {
        const [data, at] = [new Uint8Array([0, 255]).subarray(1), new Date(0)];
        const { rows } = await handle.client.query('INSERT INTO sales VALUES ($1, $2) RETURNING *', [data, at]);
        expect(rows).toStrictEqual([{ data: Buffer.from([255]), at }]);
        expect(rows[0].at).toBeInstanceOf(Date);
        const wrong = handle.client.query('SELECT nothing');
        await wrong.catch((error) => expect([error instanceof Error, error.code]).toEqual([true, '42703']));
        await expect(wrong).rejects.toThrow('nothing');
      });
    });
    withClient(['pooled:shop'], (handle) => {
      test('asks a pool', async () => {
        const asked = [1, 2].map((n) => handle.client.query('SELECT $1::int AS n', [n]));
        expect((await Promise.all(asked)).map(({ rows }) => rows[0].n)).toEqual([1, 2]);
      });
    });

    ${contract}

    afterAll(() => note('${name} connected ' + JSON.stringify(globals())));`);

/** A file that the page about the configuration shows. */
function documented(name: string): string {
  const blocks = readPages().flatMap((page) => (page.path === 'docs/configuration.md' ? page.blocks : []));
  return blocks.find(({ attributes }) => attributes['title'] === name)?.text ?? '';
}

const within = (environment: string, code: string): string =>
  `/** @jest-environment ${environment} */\n${code}`;

const leasing = spec(`
  withClient(['embedded:novice'], (handle) => {
    test('leases', async () => {
      expect((await handle.client.generate('2 + 3', { maxTokens: 3 })).text).toBe('5');
    });
    test('fails', () => { throw new Error(process.env.APP_TOKEN); });
  });`);

const token = 'abcdefgh-12345678';

const hearing = `
  const { appendFileSync } = require('node:fs');
  const { TestEnvironment } = require('jest-environment-node');
  const { withModelProviders } = require('jest-model-provider/environment');
  const hear = async (event, who) => {
    if (event.name === 'run_finish') appendFileSync(process.env.E2E_NOTES, 'heard by ' + who + '\\n');
  };`;

const files = {
  'providers.js': providers,
  'shop.sql': 'CREATE TABLE sales (data bytea, at timestamptz);',
  'q.jsonl': '{"q":"2 + 3","a":"5"}\n',
  'q.csv': 'q,a\n2 + 3,5\n',

  'happy-dom-environment.js': documented('happy-dom-environment.js'),
  'page.eval.js': documented('page.eval.js'),
  'es-module.mjs': `
    import Connected, { withModelProviders } from 'jest-model-provider/environment';
    import HappyDom from '@happy-dom/jest-environment';
    if (Connected.withModelProviders !== withModelProviders) throw new Error('two of them');
    export default class extends withModelProviders(HappyDom) {}`,
  'field.js': `${hearing}
    module.exports = withModelProviders(
      class extends TestEnvironment { handleTestEvent = (event) => hear(event, 'a field'); });`,
  'method.js': `${hearing}
    class Base extends TestEnvironment { async handleTestEvent(event) { await hear(event, 'a method below'); } }
    module.exports = class extends withModelProviders(Base) {
      async handleTestEvent(event, state) {
        await super.handleTestEvent(event, state);
        await hear(event, 'a method above');
      }
    };`,

  'jsdom.eval.js': using('jsdom', contracts.server),
  'jsdom-plain.eval.js': within('jsdom', noteGlobals('jsdom plain')),
  'happy-dom.eval.js': within('./happy-dom-environment.js', using('happy-dom', contracts.fake)),
  'happy-dom-plain.eval.js': within('@happy-dom/jest-environment', noteGlobals('happy-dom plain')),
  'es-module.eval.js': within('./es-module.mjs', leasing),
  'node.eval.js': within('jest-model-provider/environment', leasing),
  'field.eval.js': within('./field.js', leasing),
  'method.eval.js': within('./method.js', leasing),

  'other-jsdom.eval.js': within('jsdom', leasing),
  'other-happy-dom.eval.js': within('@happy-dom/jest-environment', leasing),
  'other-node.eval.js': within('node', leasing),
  'no-class.js': `
    const { withModelProviders } = require('jest-model-provider/environment');
    module.exports = withModelProviders(require('jest-environment-jsdom'));`,
  'no-class.eval.js': within('./no-class.js', leasing),
  'other-contract.eval.js': within(
    'jsdom',
    `const { fakeProvider, describeProviderContract } = require('jest-model-provider/testing');
     describeProviderContract('other', () => fakeProvider(), { name: 'a', failing: { name: 'b' }, use: () => undefined });`,
  ),
};

describe.each(bothModes)('environments, %s', (mode) => {
  let run: JestRun;
  const ofFile = (file: string): JestRun['tests'] => run.tests.filter((test) => test.file === file);

  beforeAll(async () => {
    endpoint.answer(answers());
    run = await runJest(files, mode, {
      config: { ...withProviders, testEnvironment: 'jest-model-provider/environment-jsdom' },
      args: ['--testLocationInResults'],
      env: {
        ENDPOINT: endpoint.baseURL,
        OPENAI_API_KEY: 'a-key',
        APP_TOKEN: token,
        DATABASE_URL: '',
        PGHOST: '',
      },
    });
  });

  test('leave nothing', () => {
    expect(run.left).toEqual([]);
    expect(run.output).toContain('left behind: nothing');
  });

  test.each(['jsdom', 'happy-dom'])('clients, evaluations and contracts work in a page of %s', (page) => {
    const tests = ofFile(`${page}.eval.js`);
    expect(tests.map(({ title, status, message }) => ({ title, is: message || status }))).toEqual(
      tests.map(({ title }) => ({ title, is: 'passed' })),
    );
    expect(tests.length).toBeGreaterThan(20);
    expect(run.notes).toContain(`${page} cancelled true`);
  });

  test('the page of the documentation has its answer', () => {
    expect(ofFile('page.eval.js')).toMatchObject([{ status: 'passed', message: '' }]);
  });

  test.each([
    ['jsdom', 'fetch undefined false'],
    ['happy-dom', 'fetch function false'],
  ])('the globals of a page of %s are those that it has without us', (page, fetch) => {
    const [plain = '', connected = ''] = ['plain', 'connected'].map((which) =>
      run.notes.find((note) => note.startsWith(`${page} ${which} `))?.slice(`${page} ${which} `.length),
    );
    expect(JSON.parse(connected)).toEqual(JSON.parse(plain));
    expect(JSON.parse(plain)).toEqual(expect.arrayContaining(['AbortController function false', fetch]));
  });

  test.each(['es-module', 'node', 'field', 'method'])('an environment may be written as in %s', (name) => {
    const [leases, fails, ...more] = ofFile(`${name}.eval.js`);
    expect(leases).toMatchObject({ status: 'passed', message: '' });
    expect(fails?.message).toContain('[redacted]');
    expect(fails?.message).not.toContain(token);
    expect(more).toEqual([]);
  });

  test('test events reach the classes around, whether they have a field or a method', () => {
    expect(run.notes.filter((note) => note.startsWith('heard by ')).sort()).toEqual([
      'heard by a field',
      'heard by a method above',
      'heard by a method below',
    ]);
  });

  test.each([
    [
      'other-jsdom.eval.js',
      'its @jest-environment jsdom makes jsdom without one. Write @jest-environment jest-model-provider/environment-jsdom instead.',
    ],
    [
      'other-happy-dom.eval.js',
      'its @jest-environment @happy-dom/jest-environment makes happy-dom without one. Write @jest-environment ./happy-dom-environment.js instead.',
    ],
    [
      'other-node.eval.js',
      'its @jest-environment node makes an environment without one. Write @jest-environment jest-model-provider/environment instead.',
    ],
  ])('an environment of others is named with what to write instead: %s', (file, reason) => {
    const { message } = outcome(run, file);
    expect(message).toContain(
      `ModelProviderError [SESSION_MISSING]: This test file has no connection to the session of the run: ${reason}`,
    );
    expect(message).toContain("const { withModelProviders } = require('jest-model-provider/environment');");
  });

  test('the page about errors shows that message', () => {
    const { text = '' } = readPages().find(({ path }) => path === 'docs/troubleshooting.md') ?? {};
    const [, shown = 'none'] =
      /```text\n(\S+ \[SESSION_MISSING\]: This test file has no connection[^]*?)```/.exec(text) ?? [];
    expect(outcome(run, 'other-jsdom.eval.js').message.replaceAll(/^ +/gm, '')).toContain(shown);
  });

  test('a contract says the same', () => {
    const [first] = ofFile('other-contract.eval.js');
    expect(first?.message).toContain(
      'Write @jest-environment jest-model-provider/environment-jsdom instead.',
    );
  });

  test('what is no class of an environment is named', () => {
    expect(outcome(run, 'no-class.eval.js').message).toContain(
      "withModelProviders() was given an object; it must be given the class of an environment: withModelProviders(require('jest-environment-jsdom').default).",
    );
  });
});

test('an environment of others in the configuration is named too', async () => {
  const { tests, left } = await runJest({ 'a.eval.js': leasing }, 'in band', {
    config: { testEnvironment: 'jsdom' },
  });
  expect(left).toEqual([]);
  expect(tests[0]?.message).toContain(
    "its testEnvironment makes jsdom without one. Write testEnvironment: 'jest-model-provider/environment-jsdom' instead.",
  );
});
