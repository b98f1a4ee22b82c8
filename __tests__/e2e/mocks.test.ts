import { outcome, spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const question = '2 + 3';

/** A spec that uses what it can of the package, after `mocks`. */
function using(mocks: string, inBlock = ''): string {
  return `
    ${mocks}
    const { csv, exactMatch, foreach, jsonl, numeric, Result, validJson, withClient } = require('jest-model-provider');
    withClient(['embedded:novice'], (handle) => {
      ${inBlock}
      test('an answer', async () => {
        expect((await handle.client.generate('${question}', { maxTokens: 3 })).text).toBe('5');
      });
      test('the SDK', async () => {
        const messages = [{ role: 'user', content: '${question}' }];
        const answer = await handle.client.openai.chat.completions.create({ model: 'novice', messages, max_tokens: 3 });
        expect(answer.choices[0].message.content).toBe('5');
      });
      const answered = async ({ q, a }) => {
        const { text } = await handle.client.generate(q, { maxTokens: 3 });
        return new Result(text, [exactMatch(text, a), numeric(text, a), validJson(text, {})]);
      };
      foreach('q, a', jsonl('q.jsonl'), answered, { title: 'lines', gate: { maxErrors: 0 } });
      foreach('q, a', csv('q.csv', { encoding: 'windows-1252' }), answered, { title: 'cells', gate: { maxErrors: 0 } });
    });`;
}

function mocking(...names: string[]): string {
  return names.map((name) => `jest.mock('${name}');`).join('\n');
}

const harmless: Record<string, string> = {
  'packages.eval.js': using(mocking('openai', 'ajv', 'csv-parse', 'iconv-lite')),
  'helpers.eval.js': using(
    ['eventsource-parser', 'fastest-levenshtein', 'safe-stable-stringify']
      .map((name) => `jest.mock('${name}', () => { throw new Error('the mock of the user'); });`)
      .join('\n'),
  ),
  'files.eval.js': using(mocking('node:fs', 'fs/promises', 'node:path', 'node:url', 'node:os')),
  'network.eval.js': using(mocking('node:net', 'node:http', 'node:https', 'tls', 'dns', 'child_process')),
  'time.eval.js': using(
    `${mocking('node:timers', 'node:timers/promises', 'node:perf_hooks', 'node:crypto', 'node:util', 'node:async_hooks')}
     jest.useFakeTimers({ now: 0 });`,
  ),
  'programs.eval.js': using(
    `jest.mock('execa', () => ({})); jest.mock('undici', () => ({}), { virtual: true });`,
  ),
  'fetch.eval.js': using(`globalThis.fetch = jest.fn();`),
  'later.eval.js': using('', `beforeAll(() => { jest.useFakeTimers(); globalThis.fetch = jest.fn(); });`),
  // A mock beside node_modules needs no jest.mock().
  'beside.eval.js': using(''),
  '__mocks__/openai.js': `throw new Error('the mock of the user');`,
};

const named: Record<string, readonly [code: string, reason: string]> = {
  'self.eval.js': [
    `${mocking('jest-model-provider')}
     const { foreach, withClient } = require('jest-model-provider');
     test('something else', () => undefined);
     withClient(['embedded:novice'], () => foreach('n', [1], () => true));`,
    'withClient() has registered nothing: jest-model-provider itself is mocked in this file',
  ],
  'part.eval.js': [
    `jest.mock('jest-model-provider', () => ({ ...jest.requireActual('jest-model-provider'), foreach: jest.fn() }));
     const { foreach } = require('jest-model-provider');
     foreach('n', [1], () => true);`,
    'foreach() has registered nothing: jest-model-provider itself is mocked in this file',
  ],
  'stream.eval.js': [
    `${mocking('stream')}
     const { csv, foreach } = require('jest-model-provider');
     foreach('q', csv('q.csv'), () => true, { title: 'a mocked stream' });`,
    "node:stream is mocked in this file, but the package csv-parse, with which jest-model-provider works, needs it: remove jest.mock('node:stream')",
  ],
};

const data = { 'q.jsonl': `{"q":"${question}","a":"5"}\n`, 'q.csv': `q,a\n${question},5\n` };

describe.each(bothModes)('mocks of the code under test, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    const broken = Object.entries(named).map(([file, [code]]) => [file, code]);
    const files = { ...data, ...harmless, ...(Object.fromEntries(broken) as Record<string, string>) };
    run = await runJest(files, mode, { args: ['--testLocationInResults'] });
  });

  test('leave nothing behind', () => {
    expect(run).toMatchObject({ exit: 1, left: [] });
  });

  test.each(Object.keys(harmless).filter((file) => file.endsWith('.eval.js')))(
    'do not reach the package: %s',
    (file) => {
      const tests = run.tests.filter((ended) => ended.file === file);
      expect(tests.map(({ status, message }) => message || status)).toEqual(Array(4).fill('passed'));
    },
  );

  test.each(Object.entries(named))('are named where they do: %s', (file, [, reason]) => {
    const message =
      file === 'stream.eval.js' ? outcome(run, 'a mocked stream').message : outcome(run, file).message;
    expect(message).toContain('ModelProviderError [CONFIG_INVALID]: ');
    expect(message).toContain(reason);
    expect(message).toContain('jest.unmock(');
  });
});

test('with automock the package and what it loads are as they are, and the modules of the user are mocked', async () => {
  const { exit, tests, output } = await runJest(
    {
      ...data,
      'application.js': `exports.answer = () => 5;`,
      'all.eval.js': using(`const { answer } = require('./application');
        test('a module of the user', () => expect(answer()).toBeUndefined());`),
    },
    'in band',
    { config: { automock: true } },
  );
  expect({ exit, output: exit === 0 ? '' : output }).toEqual({ exit: 0, output: '' });
  expect(tests).toHaveLength(5);
});

test('a database says which mock its driver cannot work with, and needs none of the others', async () => {
  const asks = (mocks: string): string =>
    `${mocks}\n${spec(`
      withClient(['postgres:shop'], (handle) => test('asks', async () => {
        expect((await handle.client.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
      }));`)}`;
  const { tests, left } = await runJest(
    {
      'driver.eval.js': asks(mocking('pg', 'fs', 'node:timers/promises')),
      'socket.eval.js': asks(mocking('net')),
    },
    'in workers',
    { args: ['--testLocationInResults'], env: { DATABASE_URL: '', PGHOST: '' } },
  );
  expect(left).toEqual([]);
  expect(tests.find(({ file }) => file === 'driver.eval.js')).toMatchObject({
    status: 'passed',
    message: '',
  });
  expect(tests.find(({ file }) => file === 'socket.eval.js')?.message).toContain(
    "node:net is mocked in this file, but the package pg, with which jest-model-provider works, needs it: remove jest.mock('node:net')",
  );
});
