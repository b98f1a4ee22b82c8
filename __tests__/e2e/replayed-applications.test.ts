import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { completion, chunk, fakeEndpoint, json, sendEvent, type Answerer } from '../fixtures/fake-endpoint';
import { notesUnder } from '../support/eval-logs';
import { spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const endpoint = fakeEndpoint();
let answered = 0;

/** Answers each call otherwise; a stream goes on until it is left. */
const answer: Answerer = (response, request) => {
  answered += 1;
  if (request.body['stream'] !== true) return json(200, completion(`#${answered}`))(response, request);
  const words = setInterval(() => sendEvent(response, chunk(`#${answered} `)), 5);
  response.once('close', () => clearInterval(words));
};

const files = {
  'jest.config.js': `
    module.exports = {
      ...require('./jest.config.json'),
      testEnvironmentOptions: {
        modelProviders: './providers.js',
        evals: { recordings: { ignore: [/\\d{4}-\\d\\d-\\d\\d/] } },
      },
    };`,
  'providers.js': `
    const { defineProviders, OpenAICompatibleProvider } = require('jest-model-provider');
    module.exports = defineProviders({ fake: new OpenAICompatibleProvider({ baseURL: process.env.FAKE_URL }) });`,
  'app.eval.js': spec(`
    const { OpenAI } = require('openai');
    withClient(['fake:m'], (handle) => {
      const create = (content, more) =>
        new OpenAI(handle.connection).chat.completions.create({ model: 'm', messages: [{ role: 'user', content }], ...more });
      test('ignores the day', async () => {
        const { choices } = await create('It is ' + process.env.TODAY);
        note('ignored ' + choices[0].message.content);
      });
      test('leaves a stream', async () => {
        const words = [];
        for await (const { choices } of await create('count', { stream: true })) {
          words.push(choices[0].delta.content);
          if (words.length === 3) break;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        note('left ' + words);
      });
      test('loads the package again', async () => {
        const answers = [(await handle.client.generate('again')).text];
        jest.resetModules();
        const other = await require('jest-model-provider').modelProviders.setup('fake:m');
        for (const { client } of [other, handle]) answers.push((await client.generate('again')).text);
        await other.teardown();
        note('again ' + answers);
      });
    });`),
};

const hooks = {
  'hooks.eval.js': spec(`
    withClient(['fake:m'], (handle) => {
      const hooksOf = (block) => {
        beforeAll(() => handle.client.generate('before ' + block));
        afterAll(() => handle.client.generate('after ' + block));
      };
      describe('first', () => { hooksOf('first'); test('is', () => undefined); });
      describe('second', () => {
        describe('inner', () => { hooksOf('inner'); test('is', () => undefined); });
        describe('other', () => test('is', () => undefined));
      });
    });`),
};

describe.each(bothModes)('replayed calls of applications, %s', (mode) => {
  let recorded: JestRun;
  let replayed: JestRun;

  beforeAll(async () => {
    endpoint.answer(answer);
    const env = { FAKE_URL: endpoint.baseURL, EVALS_RECORDINGS: 'record', TODAY: '2026-01-01' };
    recorded = await runJest(files, mode, { args: ['--config', 'jest.config.js'], env });
    replayed = await runJest({}, mode, {
      ...{ project: recorded.project, state: recorded.state, args: ['--config', 'jest.config.js'] },
      env: { FAKE_URL: 'http://127.0.0.1:9/v1', EVALS_RECORDINGS: 'replay', TODAY: '2026-01-02' },
    });
  });

  test('both runs pass', () => {
    expect([recorded, replayed].map(({ exit, output }) => (exit === 0 ? 0 : output))).toEqual([0, 0]);
  });

  test('a regular expression is ignored', () => {
    expect(notesUnder(replayed, 'ignored')).toEqual(notesUnder(recorded, 'ignored'));
  });

  test('the package counts calls as one, however often a test loads it', () => {
    expect(notesUnder(replayed, 'again')).toEqual(notesUnder(recorded, 'again'));
    expect(new Set(notesUnder(recorded, 'again')[0]?.split(',')).size).toBe(3);
  });

  test('a stream that was left is read as far as it was, however slowly', () => {
    expect(notesUnder(replayed, 'left')).toEqual(notesUnder(recorded, 'left'));
    expect(notesUnder(recorded, 'left')).toHaveLength(1);
  });

  test('calls in hooks of a block are its own, whichever tests ran before', async () => {
    endpoint.answer(answer);
    const { project, state } = recorded;
    const settings = { args: ['--config', 'jest.config.js', 'hooks.eval'], project, state };
    const env = { FAKE_URL: endpoint.baseURL };
    await runJest(hooks, mode, { ...settings, env: { ...env, EVALS_RECORDINGS: 'record' } });
    const alone = await runJest({}, mode, {
      ...{ ...settings, args: [...settings.args, '-t', 'inner is'] },
      env: { ...env, EVALS_RECORDINGS: 'replay' },
    });
    expect(alone.exit === 0 ? 0 : alone.output).toBe(0);
    expect(readdirSync(join(project, '__recordings__/hooks.eval.js')).sort()).toEqual([
      expect.stringMatching(/^fake-m-first\.fake-m/),
      expect.stringMatching(/^fake-m-second-inner\.fake-m/),
    ]);
  });

  test('a file fails for what its last hook has missed, whatever that makes of it', async () => {
    const { project, state } = recorded;
    const late = spec(`
      withClient(['fake:m'], (handle) => {
        describe('block', () => {
          afterAll(() => handle.client.generate('in ' + process.env.EVALS_RECORDINGS).catch(() => undefined));
          test('passes', () => undefined);
        });
      });`);
    const settings = { args: ['--config', 'jest.config.js', 'late.eval'], project, state };
    const env = { FAKE_URL: endpoint.baseURL };
    endpoint.answer(answer);
    const { exit } = await runJest({ 'late.eval.js': late }, mode, {
      ...{ ...settings, env: { ...env, EVALS_RECORDINGS: 'record' } },
    });
    expect(exit).toBe(0);
    const run = await runJest({}, mode, { ...settings, env: { ...env, EVALS_RECORDINGS: 'replay' } });
    expect([run.exit, run.output]).toEqual([1, expect.stringContaining('RECORDING_MISSING')]);
  });
});
