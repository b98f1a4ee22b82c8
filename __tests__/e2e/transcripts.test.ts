import { existsSync, readdirSync, readFileSync, statSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { transcriptsPath } from '../../src/evals/log/log-path';
import type { TranscriptRecord, TrialRecord } from '../../src/evals/log/transcript-record';
import { completion, fakeEndpoint, json, type Answerer } from '../fixtures/fake-endpoint';
import { logPath, mine, notesUnder, records, samples } from '../support/eval-logs';
import { outcome, spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const key = 'sk-of-nobody-12345678';
const endpoint = fakeEndpoint();

interface Said {
  readonly role: string;
  readonly content: string;
}

/** Looks the question up by a tool, twice if it is 'twice', and answers with what it found and the key. */
const agent: Answerer = (response, request) => {
  const messages = request.body['messages'] as Said[];
  const turns = messages.filter(({ role }) => role === 'tool').length;
  const question = messages.find(({ role }) => role === 'user')?.content ?? '';
  const call = {
    id: `c${turns}`,
    type: 'function',
    function: { name: 'look', arguments: JSON.stringify({ question, turn: turns }) },
  };
  const message = { role: 'assistant', content: null, tool_calls: [call] };
  const isDone = turns === (question === 'twice' ? 2 : 1);
  const found = `${messages.at(-1)?.content ?? ''}, ${request.headers.authorization ?? ''}`;
  const answer = isDone
    ? completion(found)
    : completion('', { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });
  json(200, answer)(response, request);
};

const asking = `
  const { callsAtMost, calledTools, rescore, tokensAtMost } = require('jest-model-provider');
  const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }];
  const ask = async (question, { client }) => {
    // One list for all calls, as agents have it.
    const messages = [{ role: 'user', content: question }];
    for (;;) {
      const reply = await client.generate(messages, { tools });
      if (reply.toolCalls.length === 0) return reply.text;
      messages.push(reply.raw.choices[0].message);
      for (const { id, written } of reply.toolCalls)
        messages.push({ role: 'tool', tool_call_id: id, content: 'found ' + written });
    }
  };
  // An application of its own, which knows an address and nothing of this package.
  const client = ({ baseURL, apiKey }) => ({
    generate: async (messages, { tools }) => {
      const headers = { authorization: 'Bearer ' + apiKey, 'content-type': 'application/json' };
      const body = JSON.stringify({ model: 'm', messages, tools });
      const raw = await (await fetch(baseURL + '/chat/completions', { method: 'POST', headers, body })).json();
      const { content: text, tool_calls = [] } = raw.choices[0].message;
      const toolCalls = tool_calls.map(({ id, function: called }) => ({ id, written: called.arguments }));
      return { text, toolCalls, raw };
    },
  });
  const judged = ({ calls }) => [
    calledTools(calls, { name: 'look', times: 1 }), callsAtMost(calls, 2), tokensAtMost(calls, 10),
  ];`;

const evaluating = (title: string, options = '', asker = 'context'): string =>
  spec(`${asking}
    withClient(['fake:m'], () =>
      foreach('question', ['once', 'twice'], async (question, context) => {
        const text = await ask(question, ${asker});
        note('${title} ' + question + ' ' + context.calls.length + ' '
          + context.calls.flatMap(({ toolCalls }) => toolCalls).map(({ result }) => result));
        return new Result(text, judged(context));
      }, { title: '${title}', ${options} }));`);

const files = {
  'providers.js': `
    const { defineProviders, OpenAICompatibleProvider } = require('jest-model-provider');
    module.exports = defineProviders({
      fake: new OpenAICompatibleProvider({ baseURL: process.env.FAKE_URL, apiKeyVariable: 'OPENAI_API_KEY' }),
    });`,
  'all.eval.js': evaluating('all', `transcripts: 'all'`),
  'failed.eval.js': evaluating('failed'),
  'none.eval.js': evaluating('none', `transcripts: 'none'`),
  'tapped.eval.js': evaluating('tapped', `transcripts: 'all'`, '{ client: client(context.connection) }'),
  'quiet.eval.js': spec(`foreach('n', [1], (n, { calls }) => calls.length === 0, { title: 'quiet' });`),
};

const judging = {
  'judged.eval.js': spec(`${asking}
    rescore('${mine}', 'all', (question, text, { calls }) => {
      note('judged ' + question + ' ' + calls.map(({ toolCalls }) => toolCalls.map(({ result }) => result)));
      return judged({ calls });
    }, { title: 'judged' });
    rescore('${mine}', 'none', (question, text, { calls }) => {
      note('unkept ' + question + ' ' + calls.length + ' ' + callsAtMost(calls, 2).value);
      return calledTools(calls, 'look');
    }, { title: 'unkept', gate: { maxErrors: 2 } });`),
};

const config = {
  testEnvironmentOptions: { modelProviders: './providers.js', evals: { transcripts: 'failed' } },
};

function transcripts(run: JestRun, title: string, name = mine): TranscriptRecord[] {
  const path = transcriptsPath(logPath(run, title, name));
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as TranscriptRecord);
}

function trials(run: JestRun, title: string, name = mine): TrialRecord[] {
  return transcripts(run, title, name).filter((record): record is TrialRecord => record.type === 'trial');
}

/** How many calls each trial has, by the question. */
function callsKept(run: JestRun, title: string, name = mine): Record<string, number> {
  const questions = new Map(samples(records(run, title, name)).map(({ id, input }) => [id, String(input)]));
  return Object.fromEntries(
    trials(run, title, name).map(({ id, calls }) => [questions.get(id), calls.length]),
  );
}

describe.each(bothModes)('transcripts, %s', (mode) => {
  let run: JestRun;
  const env = (): Record<string, string> => ({
    FAKE_URL: endpoint.baseURL,
    OPENAI_API_KEY: key,
    EVALS_RUN: mine,
  });
  beforeAll(async () => {
    endpoint.answer(agent);
    run = await runJest(files, mode, { config, env: env() });
  });

  test('the calls of a sample are there, with what the tools gave back, whatever is kept of them', () => {
    expect(run).toMatchObject({ exit: 0, left: [] });
    for (const title of ['all', 'failed', 'none', 'tapped'])
      expect(notesUnder(run, title).toSorted()).toEqual([
        'once 2 found {"question":"once","turn":0}',
        'twice 3 found {"question":"twice","turn":0},found {"question":"twice","turn":1}',
      ]);
  });

  test('scorers judge which tools were called, how often the model was asked, and the tokens', () => {
    const scored = samples(records(run, 'all')).map(({ input, scores }) => [
      input,
      ...scores.map(({ value }) => value),
    ]);
    expect(scored.toSorted()).toEqual([
      ['once', true, true, true],
      ['twice', false, false, false],
    ]);
  });

  test('all trials are kept, those that failed, as the run says, or none; without a call there is no file', () => {
    expect(callsKept(run, 'all')).toEqual({ once: 2, twice: 3 });
    expect(callsKept(run, 'tapped')).toEqual({ once: 2, twice: 3 });
    expect(callsKept(run, 'failed')).toEqual({ twice: 3 });
    expect(transcripts(run, 'none')).toEqual([]);
    expect(transcripts(run, 'quiet')).toEqual([]);
  });

  test('each message is kept once, as it was when it was sent', () => {
    const longest = trials(run, 'all').find(({ calls }) => calls.length === 3);
    expect(longest?.calls.map(({ messages, answer }) => [messages, answer])).toEqual([
      [[0], 1],
      [[0, 1, 2], 3],
      [[0, 1, 2, 3, 4], 5],
    ]);
    expect(longest?.messages.map(({ role }) => role)).toEqual([
      ...['user', 'assistant', 'tool', 'assistant', 'tool', 'assistant'],
    ]);
  });

  test('no secret is in it, and only its owner reads it', () => {
    const path = transcriptsPath(logPath(run, 'all'));
    expect(readFileSync(path, 'utf8')).not.toContain(key);
    expect(trials(run, 'all').every(({ redacted }) => redacted?.includes('OPENAI_API_KEY'))).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  describe('of a run that is continued', () => {
    let continued: JestRun;
    let judged: JestRun;
    const again = (
      pattern: string,
      name: string,
      more: Readonly<Record<string, string>> = {},
    ): Promise<JestRun> =>
      runJest(judging, mode, {
        config,
        project: run.project,
        env: { ...env(), ...more, EVALS_RUN: name },
        args: [`--testPathPatterns=${pattern}`],
      });
    beforeAll(async () => {
      const path = transcriptsPath(logPath(run, 'all'));
      appendFileSync(path, '{"type":"trial","id":"to');
      endpoint.answer(agent);
      continued = await again('all.eval.js|none.eval.js', mine, {
        EVALS_RERUN: 'failed',
        EVALS_TRANSCRIPTS: 'all',
      });
      judged = await again('judged.eval.js', 'later', { EVALS_TRANSCRIPTS: 'all' });
    });

    test('what ran again has a second entry, and the torn line is cut', () => {
      expect([continued.left, judged.left]).toEqual([[], []]);
      expect(trials(run, 'all').map(({ calls }) => calls.length)).toEqual([2, 3, 3]);
      expect(transcripts(run, 'all').map(({ type }) => type)).toEqual([
        ...['transcripts', 'trial', 'trial', 'cut', 'trial'],
      ]);
    });

    test('the variable wins', () => {
      expect(callsKept(run, 'none')).toEqual({ twice: 3 });
    });

    test('calls that were kept are judged again, and are kept for the next time; of others the facts are', () => {
      expect(notesUnder(judged, 'judged').toSorted()).toEqual([
        'once found {"question":"once","turn":0},',
        'twice found {"question":"twice","turn":0},found {"question":"twice","turn":1},',
      ]);
      expect(callsKept(run, 'judged', 'later')).toEqual({ once: 2, twice: 3 });
      expect(notesUnder(judged, 'unkept').toSorted()).toEqual(['once 2 true', 'twice 3 false']);
      const unkept = samples(records(run, 'unkept', 'later')).find(({ input }) => input === 'once');
      expect(unkept?.error).toMatchObject({
        kind: 'scorer',
        message: expect.stringContaining('it is not known what was said in a call of fake:m') as string,
      });
    });
  });

  test('beside the logs there are transcripts and nothing else', () => {
    const names = readdirSync(join(run.project, '.evals', mine));
    expect(names.filter((name) => !/\.jsonl$|\.calls\.ndjson$/.test(name))).toEqual(['summary.json']);
    expect(outcome(run, 'quiet').status).toBe('passed');
  });
});
