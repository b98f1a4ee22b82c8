import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { HeaderRecord } from '../../src/evals/log/log-record';
import type { RunReport } from '../../src/report/run-report';
import { completion, fakeEndpoint, json, refusal, type Answerer } from '../fixtures/fake-endpoint';
import { mine, notesUnder, records, samples, started } from '../support/eval-logs';
import { outcome, spec } from './noting-project';
import { bothModes, runJest, startJest, type JestRun } from './run-jest';

const endpoint = fakeEndpoint();
const usage = { prompt_tokens: 70, completion_tokens: 30, total_tokens: 100 };
let answered = 0;

/** Answers each call otherwise, so that an answer says which call it was. */
const answer: Answerer = (response, request) => {
  const { messages = [], stream } = request.body as { messages?: { content: string }[]; stream?: boolean };
  const asked = messages.at(-1)?.content ?? '';
  if (asked.startsWith('too long')) return refusal(400, 'context_length_exceeded')(response, request);
  answered += 1;
  const text = `${asked} #${answered}`;
  if (stream !== true) return json(200, completion(text, { usage }))(response, request);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-secret-of-server': 'do not keep me' });
  const chunk = (choices: object[], more = {}): void =>
    void response.write(`data: ${JSON.stringify({ object: 'chat.completion.chunk', choices, ...more })}\n\n`);
  for (const word of text.split(' ')) chunk([{ index: 0, delta: { content: `${word} ` } }]);
  chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]);
  chunk([], { usage });
  response.end('data: [DONE]\n\n');
};

const secret = 'fake-key-of-the-endpoint';
const files = {
  'providers.js': `
    const { defineProviders, ModelProvider, OpenAICompatibleProvider, reportCall } = require('jest-model-provider');
    const { note } = require('e2e-kit');
    class Own extends ModelProvider {
      constraints = { maxLive: 1, sharing: 'shared', retain: 'lease', startTimeoutMs: 5000, stopTimeoutMs: 5000 };
      replayable = true;
      async createResource(name) { note('created ' + name); return { baseURL: process.env.FAKE_URL, token: 'token-of-my-own-server' }; }
      identity() { return 'own'; }
      createClient({ baseURL, token }, context) {
        return { ask: async (content) => {
          const start = performance.now();
          const response = await fetch(baseURL + '/chat/completions', { method: 'POST', headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' }, body: JSON.stringify({ messages: [{ role: 'user', content }] }) });
          const { choices } = await response.json();
          reportCall(context, { ms: performance.now() - start });
          return choices[0].message.content;
        } };
      }
    }
    module.exports = defineProviders({
      own: new Own(),
      fake: new OpenAICompatibleProvider({ baseURL: process.env.FAKE_URL, apiKeyVariable: 'FAKE_KEY' }),
    });`,
  'app.js': `
    const { OpenAI } = require('openai');
    const client = new OpenAI({ maxRetries: 0 });
    module.exports = {
      async ask(content) {
        const { choices } = await client.chat.completions.create({ model: 'm', user: String(Math.random()), messages: [{ role: 'user', content }] });
        return choices[0].message.content;
      },
      async stream(content) {
        let text = '';
        for await (const { choices } of await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content }], stream: true })) text += choices[0].delta.content ?? '';
        return text;
      },
    };`,
  'models.eval.js': spec(`
    withClient(['embedded:./m.gguf'], () => {
      foreach('n', [1, 2, 3, 4], async (n, { client }) => {
        const { text } = await client.generate(n + ' + 3 =', { maxTokens: 4, temperature: 0 });
        return new Result(text, exactMatch(text.trim(), String(n + 3)));
      }, { title: 'arithmetic' });
    });`),
  'app.eval.js': spec(`
    const app = require('./app.js');
    withClient(['fake:m'], (handle) => {
      foreach('n', [1, 2, 3], async (n, { client }) => {
        const twice = [await app.ask('sample'), await app.ask('sample')];
        const streamed = await app.stream('stream ' + n);
        const own = (await client.generate('own ' + n)).text;
        const long = await app.ask('too long ' + n).catch(({ status, message }) => status);
        return new Result([...twice, streamed, own, long].join('|'), exactMatch('a', 'a'));
      }, { title: 'application', trials: 2 });
      test('a plain test', async () => {
        note('plain ' + (await app.ask('plain')) + ' | ' + (await handle.client.generate('plain too')).text);
      });
    });
    withClient(['own:mine'], (handle) => {
      test('a provider of its own', async () => note('own ' + (await handle.client.ask('mine'))));
    });`),
};

const prices = { 'fake:m': { input: 1, output: 10 } };
const config = {
  setupFilesAfterEnv: ['jest-model-provider/application-env'],
  testEnvironmentOptions: { modelProviders: './providers.js', evals: { prices } },
};

const recordingsOf = ({ project }: Pick<JestRun, 'project'>): Record<string, string> => {
  const folder = join(project, '__recordings__');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
};

const summaryOf = ({ project }: JestRun, run: string): RunReport =>
  JSON.parse(readFileSync(join(project, '.evals', run, 'summary.json'), 'utf8')) as RunReport;

describe.each(bothModes)('recordings, %s', (mode) => {
  let recorded: JestRun;
  let replayed: JestRun;

  beforeAll(async () => {
    endpoint.answer(answer);
    const env = { FAKE_URL: endpoint.baseURL, FAKE_KEY: secret, EVALS_RUN: mine, EVALS_RECORDINGS: 'record' };
    const running = startJest(files, mode, { config, env });
    copyFileSync(join(__dirname, '../../models/novice.gguf'), join(running.project, 'm.gguf'));
    recorded = await running.finished();
    rmSync(join(recorded.project, 'm.gguf'));
    replayed = await runJest({}, mode, {
      ...{ config, project: recorded.project, state: recorded.state },
      env: { FAKE_URL: 'http://127.0.0.1:9/v1', EVALS_RUN: 'replayed', EVALS_RECORDINGS: 'replay' },
    });
  });

  test('all tests pass, recorded and replayed', () => {
    expect([recorded, replayed].map(({ exit, output }) => (exit === 0 ? 0 : output))).toEqual([0, 0]);
  });

  test('a replayed run starts nothing', () => {
    expect(started(recorded).length).toBeGreaterThan(0);
    expect(started(replayed)).toEqual([]);
  });
});
