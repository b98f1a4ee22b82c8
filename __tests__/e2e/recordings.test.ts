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
    withClient(['fake:m'], (handle) => {
      const { execFile } = require('node:child_process');
      const { promisify } = require('node:util');
      const code = 'fetch(process.argv[1] + "/chat/completions", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ messages: [{ content: process.argv[2] }] }) }).then((r) => r.json()).then((r) => console.log(r.choices[0].message.content))';
      const run = async (url, text) => (await promisify(execFile)(process.execPath, ['-e', code, url, text])).stdout.trim();
      foreach('n', [1, 2], async (n, { env }) => {
        const texts = [await run(env.OPENAI_BASE_URL, 'by env'), await run(handle.connection.baseURL, 'of nobody ' + n)];
        return new Result(texts.join('|'), exactMatch('a', 'a'));
      }, { title: 'subprocesses' });
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
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.jsonl'),
  );
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
};

const summaryOf = ({ project }: JestRun, run: string): RunReport =>
  JSON.parse(readFileSync(join(project, '.evals', run, 'summary.json'), 'utf8')) as RunReport;

describe.each(bothModes)('recordings, %s', (mode) => {
  let recorded: JestRun;
  let replayed: JestRun;
  let answeredBefore: number;

  beforeAll(async () => {
    endpoint.answer(answer);
    const env = { FAKE_URL: endpoint.baseURL, FAKE_KEY: secret, EVALS_RUN: mine, EVALS_RECORDINGS: 'record' };
    const running = startJest(files, mode, { config, env });
    copyFileSync(join(__dirname, '../../models/novice.gguf'), join(running.project, 'm.gguf'));
    recorded = await running.finished();
    rmSync(join(recorded.project, 'm.gguf'));
    answeredBefore = answered;
    replayed = await runJest({}, mode, {
      ...{ config, project: recorded.project, state: recorded.state },
      env: { FAKE_URL: 'http://127.0.0.1:9/v1', EVALS_RUN: 'replayed', EVALS_RECORDINGS: 'replay' },
    });
  });

  test('all tests pass, recorded and replayed', () => {
    expect([recorded, replayed].map(({ exit, output }) => (exit === 0 ? 0 : output))).toEqual([0, 0]);
  });

  test('a replayed run starts nothing, and asks nobody', () => {
    expect(started(recorded)).toEqual([
      expect.stringMatching(/^embedded:/),
      expect.stringMatching(/^fake:/),
      expect.stringMatching(/^own:/),
    ]);
    expect(started(replayed)).toEqual([]);
    expect(replayed.notes).not.toContain('created mine');
    expect(answeredBefore).toBe(answered);
  });

  test('a replayed run finds what the recorded one has found, call by call', () => {
    const found = (run: JestRun, name: string, title: string): object[] =>
      samples(records(run, title, name)).map(({ id, trial, response, scores, calls, error }) => ({
        ...{ id, trial, response, scores, error },
        calls: calls?.map(({ path, status, usage, finishReason, error: failed }) => ({
          ...{ path, status, usage, finishReason, failed },
        })),
      }));
    const byTrial = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    for (const title of ['application', 'arithmetic', 'subprocesses'])
      expect(found(replayed, 'replayed', title).sort(byTrial)).toEqual(
        found(recorded, mine, title).sort(byTrial),
      );
    expect(notesUnder(replayed, 'plain')).toEqual(notesUnder(recorded, 'plain'));
    expect(notesUnder(replayed, 'own')).toEqual(notesUnder(recorded, 'own'));
    const streamed = samples(records(replayed, 'application', 'replayed'))[0]?.response?.split('|');
    expect(streamed).toEqual([
      ...[expect.stringMatching(/^sample #\d+$/), expect.stringMatching(/^sample #\d+$/)],
      ...[expect.stringMatching(/^stream \d #\d+ $/), expect.stringMatching(/^own \d #\d+$/), '400'],
    ]);
    expect(streamed?.[0]).not.toBe(streamed?.[1]);
  });

  test('the summaries are the same but for times and what was paid', () => {
    const [before, after] = [summaryOf(recorded, mine), summaryOf(replayed, 'replayed')].map(
      ({ evaluations }) =>
        evaluations.map(({ title, model, summary, gate }) => {
          const { scores, samples, trials, errors, promptTokens, completionTokens, answers, failed } =
            summary;
          return {
            ...{ title, model, gate, scores, samples, trials, errors },
            ...{ promptTokens, completionTokens, answers, failed },
          };
        }),
    );
    expect(after).toEqual(before);
  });

  test('replayed calls are marked, take no time, and cost nothing', () => {
    const log = records(replayed, 'application', 'replayed');
    const calls = samples(log).flatMap((sample) => sample.calls ?? []);
    expect(calls.filter(({ replayed: isReplayed }) => isReplayed !== true)).toEqual([]);
    expect(calls.length).toBeGreaterThan(0);
    expect((log[0] as HeaderRecord).resource).toMatchObject({ replayed: true, startMs: 0 });
    const { summary } =
      summaryOf(replayed, 'replayed').evaluations.find(({ title }) => title === 'application') ?? {};
    expect(summary).toMatchObject({ latencyMs: null, durationMs: null, tokensPerSecond: null, replayed: 30 });
    expect(summary?.firstTokenMs).toBeUndefined();
    expect(summary?.spent).toEqual({ now: 0, total: 0 });
    const before = summaryOf(recorded, mine).evaluations.find(({ title }) => title === 'application');
    expect(before?.summary.cost?.amount).toBeGreaterThan(0);
    expect(summary?.cost).toMatchObject({ amount: 0, wouldBe: before?.summary.cost?.amount });
    expect(replayed.output).toMatch(/would be 0\.\d+/);
    const [{ resource }] = records(recorded, 'application') as [HeaderRecord];
    expect(resource).not.toHaveProperty('replayed');
  });

  test('recordings are beside the spec, one for each evaluation, test and resource', () => {
    expect(Object.keys(recordingsOf(recorded)).sort()).toEqual([
      expect.stringMatching(/^app\.eval\.js\/application\.fake-m\.[0-9a-f]{8}\.jsonl$/),
      expect.stringMatching(/^app\.eval\.js\/fake-m-a-plain-test\.fake-m\.[0-9a-f]{8}\.jsonl$/),
      expect.stringMatching(/^app\.eval\.js\/own-mine-a-provider-of-its-own\.own-mine\.[0-9a-f]{8}\.jsonl$/),
      expect.stringMatching(/^app\.eval\.js\/subprocesses\.fake-m\.[0-9a-f]{8}\.jsonl$/),
      expect.stringMatching(/^models\.eval\.js\/arithmetic\.embedded-m-gguf\.[0-9a-f]{8}\.jsonl$/),
    ]);
    expect(recordingsOf(replayed)).toEqual(recordingsOf(recorded));
  });

  test('neither keys nor headers of a server, nor what is of this machine, are in recordings', () => {
    const all = Object.values(recordingsOf(recorded)).join('');
    expect(all).not.toContain(secret);
    expect(all).not.toContain('token-of-my-own-server');
    expect(all).not.toContain('do not keep me');
    expect(all).not.toContain(recorded.project);
    expect(recorded.left).toEqual([]);
    expect(replayed.left).toEqual([]);
  });
});

describe.each(bothModes)('what is not recorded, %s', (mode) => {
  const spec_ = {
    ...{ 'providers.js': files['providers.js'], 'app.js': files['app.js'] },
    'auto.eval.js': spec(`
      const app = require('./app.js');
      const asked = (n) => 'sample ' + (n === 2 ? process.env.SECOND ?? n : n);
      withClient(['fake:m'], (handle) => {
        foreach('n', [1, 2, 3], async (n, { connection }) => {
          const text = await app.ask(asked(n)).catch(() => 'sorry');
          return new Result(text, exactMatch('a', 'a'));
        }, { title: 'auto' });
        test('a plain test', async () => note('plain ' + (await app.ask('plain' + (process.env.SECOND ?? '')).catch(() => 'sorry'))));
      });`),
  };
  const settings = { config, env: { FAKE_KEY: secret } };
  const asked = (): string[] =>
    endpoint.requests.flatMap(({ body }) => (body['messages'] as { content: string }[])[0]?.content ?? []);
  let first: JestRun;
  const again = async (env: Record<string, string>, args: readonly string[] = []): Promise<JestRun> => {
    endpoint.requests.length = 0;
    endpoint.answer(answer);
    const { project, state } = first;
    return runJest({}, mode, {
      ...{ config, project, state, args },
      env: { ...settings.env, FAKE_URL: endpoint.baseURL, EVALS_RECORDINGS: 'auto', ...env },
    });
  };

  beforeAll(async () => {
    endpoint.answer(answer);
    first = await runJest(spec_, mode, {
      ...{ config, args: ['--no-ci'] },
      env: { ...settings.env, FAKE_URL: endpoint.baseURL, EVALS_RUN: 'first', EVALS_RECORDINGS: 'auto' },
    });
  });

  test('auto records on the first run, and asks only what is new after it', async () => {
    expect(first.exit).toBe(0);
    const same = await again({ EVALS_RUN: 'same' }, ['--no-ci']);
    expect([same.exit, asked()]).toEqual([0, ['Hi']]);
    const [, ...replayed] = samples(records(same, 'auto', 'same'))
      .map(({ response }) => response)
      .sort();
    expect(replayed).toEqual(
      samples(records(first, 'auto', 'first'))
        .map(({ response }) => response)
        .sort()
        .slice(1),
    );
    const other = await again({ EVALS_RUN: 'other', SECOND: 'new' }, ['--no-ci']);
    expect([other.exit, asked().sort()]).toEqual([0, ['Hi', 'plainnew', 'sample new']]);
    await again({ SECOND: 'new' }, ['--no-ci']);
    expect(asked()).toEqual(['Hi']);
  });

  test('with --ci auto records nothing: a miss is an error, whatever the application makes of it', async () => {
    const before = recordingsOf(first);
    const run = await again({ EVALS_RUN: 'ci', SECOND: 'never recorded' }, ['--ci']);
    expect([run.exit, asked()]).toEqual([1, []]);
    const errors = samples(records(run, 'auto', 'ci')).flatMap(({ error, index }) =>
      error ? [{ index, error }] : [],
    );
    expect(errors).toEqual([
      {
        index: 1,
        error: expect.objectContaining({ kind: 'infrastructure', code: 'RECORDING_MISSING' }) as unknown,
      },
    ]);
    expect(errors[0]?.error.message).toMatch(
      /body\.messages\[0\]\.content: recorded "sample .*", now "sample never recorded"/,
    );
    const plain = outcome(run, 'fake:m a plain test');
    expect(plain).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('RECORDING_MISSING') as string,
    });
    expect(recordingsOf(run)).toEqual(before);
    expect(started(run)).toEqual([]);
  });

  test('a live run does not take over what a replayed one has found', async () => {
    await again({ EVALS_RUN: 'mixed', SECOND: 'new' }, ['--ci']);
    expect(asked()).toEqual([]);
    await again({ EVALS_RUN: 'mixed', SECOND: 'new', EVALS_RECORDINGS: 'replay' });
    expect(asked()).toEqual([]);
    const live = await again({ EVALS_RUN: 'mixed', SECOND: 'new', EVALS_RECORDINGS: 'off' });
    expect(asked().filter((text) => text.startsWith('sample'))).toHaveLength(3);
    expect(samples(records(live, 'auto', 'mixed'))).toHaveLength(6);
  });

  test('a part of a run records nothing', async () => {
    const run = await again({ EVALS_RECORDINGS: 'record' }, ['--shard=1/1']);
    expect([run.exit, asked()]).toEqual([1, []]);
    expect(run.output).toMatch(/CONFIG_INVALID.*shard/s);
  });

  test('a wrong mode says which there are', async () => {
    const run = await again({ EVALS_RECORDINGS: 'replays' });
    expect(run.output).toContain(
      'EVALS_RECORDINGS is "replays"; it must be one of record, auto, replay, off',
    );
  });
});

describe.each(bothModes)('a run that is interrupted, %s', (mode) => {
  test('records what has ended and nothing else, so that the run which goes on completes it', async () => {
    endpoint.answer(answer);
    const env = { FAKE_URL: endpoint.baseURL, FAKE_KEY: secret };
    const recording = { ...env, EVALS_RUN: mine, EVALS_RECORDINGS: 'record' };
    const running = startJest(
      {
        ...{ 'providers.js': files['providers.js'], 'app.js': files['app.js'] },
        'long.eval.js': spec(`
          const app = require('./app.js');
          withClient(['fake:m'], () => {
            foreach('n', [1, 2], async (n) => {
              const text = await app.ask('sample ' + n);
              note('asked ' + n);
              if (n === 2 && process.env.HOLDS) await noted('never');
              return new Result(text, exactMatch('a', 'a'));
            }, { title: 'long', concurrency: 1 });
          });`),
      },
      mode,
      { config, env: { ...recording, HOLDS: 'true' } },
    );
    await running.noted('asked 2');
    process.kill(-running.pid, 'SIGINT');
    const { project, state, left } = await running.finished();
    expect(left).toEqual([]);
    const calls = (): string[] =>
      Object.values(recordingsOf({ project })).flatMap((text) => text.match(/"content":"sample \d"/g) ?? []);
    expect(calls()).toEqual(['"content":"sample 1"']);
    await runJest({}, mode, { config, project, state, env: recording });
    expect(calls()).toHaveLength(2);
    const replayed = await runJest({}, mode, {
      ...{ config, project, state, env: { ...env, EVALS_RECORDINGS: 'replay' } },
    });
    expect(replayed.exit).toBe(0);
  });
});
