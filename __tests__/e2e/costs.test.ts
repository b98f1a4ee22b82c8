import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HeaderRecord } from '../../src/evals/log/log-record';
import type { RunReport } from '../../src/report/run-report';
import {
  chunk,
  completion,
  fakeEndpoint,
  json,
  sendEvent,
  type Answerer,
  type EndpointRequest,
} from '../fixtures/fake-endpoint';
import { eventually } from '../support/eventually';
import { footer, mine, records, samples } from '../support/eval-logs';
import { outcome, spec } from './noting-project';
import { bothModes, runJest, startJest, type JestRun } from './run-jest';

const endpoint = fakeEndpoint();

/** What is asked of the endpoint: a text for each sample, and the check at setup. */
function sampleIn({ body }: EndpointRequest): number | undefined {
  const [message] = (body['messages'] ?? []) as { content: string }[];
  const [, sample] = /^sample (\d+)/.exec(message?.content ?? '') ?? [];
  return sample === undefined ? undefined : Number(sample);
}

/** 100,000 tokens in, 40,000 of them read before, and 10,000 more out for each sample. */
const tokens = (sample: number): object => ({
  prompt_tokens: 100_000,
  completion_tokens: 10_000 * (sample + 1),
  prompt_tokens_details: { cached_tokens: 40_000 },
});

const counting: Answerer = (response, request) => {
  const usage = tokens(sampleIn(request) ?? 0);
  if (request.body['stream'] !== true) return json(200, completion('yes', { usage }))(response, request);
  sendEvent(response, chunk('yes', 'stop'));
  sendEvent(response, { ...chunk(null), choices: [], usage });
  sendEvent(response, '[DONE]');
  response.end();
};

const providers = `
  const { defineProviders, ModelProvider, reportCall } = require('jest-model-provider');
  class Mine extends ModelProvider {
    constraints = { maxLive: 1, sharing: 'shared', retain: 'lease', startTimeoutMs: 5000, stopTimeoutMs: 5000 };
    async createResource() { return {}; }
    createClient(_connection, context) {
      const call = { ms: 1, usage: { promptTokens: 10, completionTokens: 10 } };
      return { generate: async () => (reportCall(context, call), { text: 'yes' }) };
    }
  }
  module.exports = defineProviders({ mine: new Mine() });`;

const evaluate = `
  const ask = async (client, n, signal) => {
    if (!client.stream || n % 2 === 0) return (await client.generate('sample ' + n, { signal })).text;
    let text = '';
    for await (const piece of client.stream('sample ' + n, { signal })) text += piece;
    return text;
  };
  const evaluate = (title, samples, options, judge) =>
    foreach('n', Array.from({ length: samples }, (_, n) => n), async (n, { client, signal }) => {
      if (judge) await judge.client.generate('sample ' + n, { signal });
      return new Result('', exactMatch(await ask(client, n, signal), 'yes'));
    }, { title, ...options });`;

const prices = {
  'openai:cheap': { input: 1, output: 10 },
  dear: { input: 10, output: 100, cachedInput: 5 },
  judge: { input: 2, output: 0 },
  slow: { pricePerHour: 3600 },
};
const config = { testEnvironmentOptions: { modelProviders: './providers.js', evals: { prices } } };

const summaryOf = ({ project }: JestRun, run = mine): RunReport =>
  JSON.parse(readFileSync(join(project, '.evals', run, 'summary.json'), 'utf8')) as RunReport;
const env = (more: Record<string, string> = {}): Record<string, string> => ({
  EVALS_RUN: mine,
  OPENAI_BASE_URL: endpoint.baseURL,
  OPENAI_API_KEY: 'key-of-the-test',
  ...more,
});
const asked = (): number => endpoint.requests.filter((request) => sampleIn(request) !== undefined).length;
const cost = expect.any(Number) as number;

describe.each(bothModes)('costs, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    endpoint.answer(counting);
    const files = {
      'providers.js': providers,
      'costs.eval.js': spec(`${evaluate}
        withClient(['openai:cheap', { spec: 'openai:expensive', label: 'dear' }, 'embedded:novice', 'mine:x',
          { spec: 'embedded:expert', label: 'slow' }], (handle) => evaluate('costs', 4, { concurrency: 2 }));
        withClients({ model: 'openai:cheap', judge: { spec: 'openai:grader', label: 'judge' } }, ({ judge }) =>
          evaluate('judged', 2, {}, judge));`),
    };
    run = await runJest(files, mode, { env: env(), config });
  });

  const log = (model: string): ReturnType<typeof records> => records(run, `costs.${model}`);
  const header = (model: string): HeaderRecord => log(model)[0] as HeaderRecord;
  const summary = (model: string): ReturnType<typeof footer>['summary'] => footer(log(model)).summary;

  test('passes, since nothing limits them', () => {
    expect(run).toMatchObject({ exit: 0, left: [] });
  });

  test('a call, a sample and an evaluation cost their tokens by the price, which the log keeps', () => {
    const found = samples(log('openai-cheap')).sort((a, b) => a.index - b.index);
    expect(found.map((sample) => sample.cost)).toEqual([0.2, 0.3, 0.4, 0.5]);
    expect(found[0]!.calls).toEqual([expect.objectContaining({ cost: 0.2, resource: 'openai:cheap' })]);
    expect(found[0]!.calls![0]).toMatchObject({ usage: { cachedTokens: 40_000 } });
    expect(summary('openai-cheap')).toMatchObject({
      cost: { amount: 1.4, priced: 4 },
      costPerSample: { count: 4, mean: 0.35, interval: { low: cost, high: cost } },
      spent: { now: 1.4, total: 1.4 },
      cachedTokens: 160_000,
    });
    expect(header('openai-cheap').prices).toEqual({ 'openai:cheap': prices['openai:cheap'] });
    // 60,000 tokens at 10, 40,000 at 5, and 10,000 more at 100 for each sample.
    expect(summary('dear').cost).toEqual({ amount: 4 * 0.8 + 10, priced: 4 });
    expect(header('dear').prices).toEqual({ dear: prices.dear });
  });

  test('a server of this machine costs nothing, or the time in which it answers; what nobody prices is unpriced', () => {
    expect(summary('embedded-novice').cost).toEqual({ amount: 0, ownMachine: 4 });
    expect(summary('mine-x').cost).toEqual({ amount: 0, unpriced: 4 });
    expect(samples(log('mine-x'))[0]).not.toHaveProperty('cost');
    // One unit a second, each moment once, though two are asked at once.
    const calls = samples(log('slow')).flatMap(({ calls: made = [] }) => made);
    const ms = calls.reduce((sum, call) => sum + call.ms, 0);
    const { amount = 0 } = summary('slow').cost ?? {};
    expect(amount).toBeGreaterThanOrEqual(Math.max(...calls.map((call) => call.ms)) / 1000);
    expect(amount).toBeLessThanOrEqual(ms / 1000 + 0.001);
  });

  test('streamed calls have the time to their first token', () => {
    expect(summary('openai-cheap').firstTokenMs).toEqual({ p50: cost, p95: cost });
    const streamed = samples(log('openai-cheap')).map(
      ({ calls: made }) => made![0]!.firstTokenMs !== undefined,
    );
    expect(streamed.filter(Boolean)).toHaveLength(2);
    expect(summary('mine-x')).not.toHaveProperty('firstTokenMs');
  });

  test('the table has costs, tokens and first tokens, with a line for a judge', () => {
    const costs = run.output
      .split('\n')
      .filter((line) => line.includes('│ costs ') || line.includes('  judge'));
    const cells = (name: string): string =>
      costs.find((line) => line.includes(` ${name} `) && !line.includes('−'))?.replaceAll(/ +/g, ' ') ?? '';
    expect(run.output).toMatch(
      /│ first token p50 +│ p95 +│ tokens\/s +│ tokens in +│ out +│ cost +│ per sample +│/,
    );
    expect(cells('openai:cheap')).toMatch(/│ 400,000 │ 100,000 │ 1\.40 │ 0\.35 │/);
    expect(cells('embedded:novice')).toMatch(/│ own machine │ - │/);
    expect(cells('mine:x')).toMatch(/│ 40 │ 40 │ unpriced │ - │/);
    expect(cells('judge')).toMatch(/│ 200,000 │ 30,000 │ 0\.4 │ - │ calls 2 │/);
  });

  test('models are compared by what they score and by what a sample costs, on the samples of both', () => {
    const { differences, spent } = summaryOf(run);
    const pair = differences.find(({ a, b }) => a === 'openai:cheap' && b === 'dear');
    expect(pair?.cost).toMatchObject({
      n: 4,
      of: { a: 0.35, b: 3.3 },
      difference: expect.closeTo(-2.95, 9) as number,
      interval: { low: cost, high: cost },
    });
    expect(run.output).toContain('0.35 − 3.30 = -2.95');
    // A free model is compared with a paid one, and not with another free one.
    const of = (a: string, b: string): unknown =>
      differences.find((one) => one.a === a && one.b === b)?.cost ?? 'none';
    expect(of('openai:cheap', 'embedded:novice')).toMatchObject({ of: { a: 0.35, b: 0 } });
    expect(of('openai:cheap', 'mine:x')).toBe('none');
    expect(spent.now).toBeGreaterThan(1.4 + 13.2 + 0.5 + 0.4);
    expect(run.output).toMatch(/Cost: 15\.\d\d|Cost: 1[6-9]\.\d\d/);
  });
});

/** A million tokens, and time enough for the news of them to be told. */
const flat: Answerer = (response, request) => {
  const usage = { prompt_tokens: 1_000_000, completion_tokens: 0 };
  setTimeout(() => {
    if (request.body['stream'] !== true) return json(200, completion('yes', { usage }))(response, request);
    sendEvent(response, chunk('yes', 'stop'));
    sendEvent(response, { ...chunk(null), choices: [], usage });
    sendEvent(response, '[DONE]');
    response.end();
  }, 30);
};

describe.each(bothModes)('a budget, %s', (mode) => {
  const file = (title: string): string =>
    spec(`${evaluate}
      withClient(['openai:flat'], () => evaluate('${title}', 30, { concurrency: 2, gate: { inconclusive: 'pass' } }));`);
  const files = { 'providers.js': providers, 'one.eval.js': file('one'), 'two.eval.js': file('two') };
  const usual = { testEnvironmentOptions: { evals: { prices: { flat: { input: 0.1, output: 0 } } } } };

  let run: JestRun;
  let continued: JestRun;
  let askedFirst = 0;
  let askedLater = 0;
  let first: RunReport;
  beforeAll(async () => {
    endpoint.answer(flat);
    run = await runJest(files, mode, { env: env({ EVALS_MAX_COST: '2' }), config: usual });
    first = summaryOf(run);
    askedFirst = asked();
    continued = await runJest(files, mode, { env: env(), config: usual, project: run.project });
    askedLater = asked() - askedFirst;
  });

  test('stops starting samples in all files of the run once it is spent', () => {
    expect(run).toMatchObject({ exit: 1, left: [] });
    // What is in flight ends, two samples of each file; on a busy machine news take longer than an answer.
    expect(askedFirst).toBeGreaterThanOrEqual(20);
    expect(askedFirst).toBeLessThanOrEqual(20 + 8);
  });

  test('is red with BUDGET_SPENT, whatever the gate says of too few samples', () => {
    const messages = ['one', 'two'].map((title) => outcome(run, `openai:flat ${title}`).message);
    expect(messages.filter((message) => message.includes('[BUDGET_SPENT]'))).not.toEqual([]);
    for (const message of messages.filter((text) => text !== ''))
      expect(message).toMatch(
        /the budget of the run is spent: 2\.\d\d of maxCost 2\.00; \d+ trials did not run/,
      );
    expect(run.output).toMatch(/\d+ not run, budget spent at 2\.\d\d of 2\.00/);
  });

  test('is written down with what did not run', () => {
    const ended = first.evaluations.filter(({ status }) => status === 'spent');
    expect(ended).not.toEqual([]);
    expect(first.evaluations.map(({ title }) => title)).toEqual(['one', 'two']);
    for (const { summary } of ended) {
      expect(summary.budget).toEqual({ of: 'run', maxCost: 2, spent: cost });
      expect(summary.notRun + summary.trials).toBe(30);
    }
    expect(first.spent.now).toBeCloseTo(askedFirst / 10, 9);
    expect(first.spent.total).toBe(first.spent.now);
  });

  test('is that of one invocation: what goes on with the run shows both sums', () => {
    expect(continued).toMatchObject({ exit: 0, left: [] });
    expect(askedFirst + askedLater).toBe(60);
    const { spent, evaluations } = summaryOf(continued);
    expect(evaluations.map(({ status }) => status)).toEqual(['complete', 'complete']);
    expect(spent).toEqual({ now: expect.closeTo(askedLater / 10, 9) as number, total: 6 });
    expect(continued.output).toMatch(/Cost: \d\.\d\d; 6\.00 with the earlier invocations of this run/);
  });
});

describe.each(bothModes)('budgets of evaluations, %s', (mode) => {
  let run: JestRun;
  let interrupted: JestRun;
  beforeAll(async () => {
    endpoint.answer((response, request) =>
      JSON.stringify(request.body).includes('uncounted')
        ? json(200, completion('yes', { usage: undefined }))(response, request)
        : counting(response, request),
    );
    const files = {
      'providers.js': providers,
      'budgets.eval.js': spec(`${evaluate}
        withClient(['openai:cheap'], () => {
          evaluate('small', 4, { concurrency: 1, maxCost: 0.4, gate: { inconclusive: 'pass' } });
          evaluate('enough', 2, { concurrency: 1, maxCost: 0.5 });
        });
        withClient(['openai:judge'], () => {
          foreach('n', [1, 2, 3], async (n, { client }) => {
            await client.generate('uncounted ' + n);
            return new Result('', true);
          }, { title: 'uncounted', concurrency: 1, maxCost: 5 });
        });
        withClient(['mine:sloe'], () => evaluate('unpriced', 2, { maxCost: 5 }));
        withClient(['embedded:novice'], () => evaluate('own', 2, { maxCost: 1e-9 }));`),
    };
    run = await runJest(files, mode, { env: env(), config });

    let held = 0;
    endpoint.answer((response, request) => {
      if (sampleIn(request) === 2) return void (held += 1);
      counting(response, request);
    });
    const slow = {
      'providers.js': providers,
      'slow.eval.js': spec(`${evaluate}
        withClient(['openai:cheap'], () => evaluate('slow', 4, { concurrency: 1 }));`),
    };
    const started = startJest(slow, mode, { env: env(), config });
    await eventually(() => held > 0);
    process.kill(-started.pid, 'SIGINT');
    interrupted = await started.finished();
  });

  const messageOf = (title: string): string => outcome(run, title).message;

  test('the budget of an evaluation ends it, and no other', () => {
    expect(messageOf('openai:cheap small')).toContain(
      'the budget of the evaluation is spent: 0.5 of maxCost 0.4; 2 trials',
    );
    // It is reached by the last sample.
    expect(outcome(run, 'openai:cheap enough').status).toBe('passed');
  });

  test('a model without a price under a budget is an error at the start, which names what may be meant', () => {
    expect(messageOf('mine:sloe unpriced')).toContain('[CONFIG_INVALID]: "unpriced" may cost 5.00 (maxCost)');
    expect(messageOf('mine:sloe unpriced')).toContain('There is a price of "slow".');
    expect(() => records(run, 'unpriced')).toThrow('no log');
  });

  test('a priced call without tokens is one when it comes', () => {
    expect(messageOf('openai:judge uncounted')).toMatch(
      /What a call of "openai:judge" has cost cannot be counted, since its tokens are not known/,
    );
    expect(footer(records(run, 'uncounted'))).toMatchObject({ status: 'stopped', summary: { notRun: 3 } });
  });

  test('a server of this machine spends nothing', () => {
    expect(outcome(run, 'embedded:novice own').status).toBe('passed');
  });

  test('on Ctrl-C what was spent until then is written down', () => {
    expect(interrupted).toMatchObject({ exit: 130, left: [] });
    expect(footer(records(interrupted, 'slow'))).toMatchObject({
      status: 'interrupted',
      summary: { spent: { now: 0.5, total: 0.5 } },
    });
  });
});

describe.each(bothModes)('options of a run, %s', (mode) => {
  const own = {
    'own.eval.js': spec(`${evaluate}
    withClient(['embedded:novice'], () => evaluate('own', 1));`),
  };

  test('that are wrong are told before anything starts', async () => {
    const wrong = { testEnvironmentOptions: { evals: { maxCost: 'five' } } };
    const run = await runJest(own, mode, { config: wrong });
    expect(run).toMatchObject({ exit: 1, left: [], events: [] });
    expect(run.output).toContain(
      'testEnvironmentOptions.evals.maxCost is "five"; it must be a number above 0',
    );
    const missing = await runJest(own, mode, { env: { EVALS_PRICES: './none.json' } });
    expect(missing.output).toMatch(/EVALS_PRICES names .*none\.json, which cannot be read: ENOENT/);
  });

  test('are those of all projects: where they differ, files are refused', async () => {
    const project = (name: string, maxCost: number): object => ({
      ...{ preset: 'jest-model-provider', displayName: name, testMatch: [`**/${name}.eval.js`] },
      testEnvironmentOptions: { evals: { maxCost } },
    });
    const file = spec(`test('has no global evals', () => expect(globalThis.evals).toBeUndefined());`);
    const files = { 'a.eval.js': file, 'b.eval.js': file };
    const run = await runJest(files, mode, { config: { projects: [project('a', 1), project('b', 2)] } });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).toContain(
      'testEnvironmentOptions.evals.maxCost differs between the projects of this run',
    );
    expect(run.tests.filter(({ status }) => status === 'passed')).toHaveLength(1);
    const alike = await runJest(files, mode, { config: { projects: [project('a', 1), project('b', 1)] } });
    expect(alike).toMatchObject({ exit: 0, left: [] });
  });
});

describe.each(bothModes)('a budget in watch mode, %s', (mode) => {
  test('is that of each run', async () => {
    endpoint.answer(flat);
    const edition = (number: number): Record<string, string> => ({
      'watched.eval.js': spec(`${evaluate}
        withClient(['openai:flat'], () => evaluate('edition ${number}', 3, { concurrency: 1 }));`),
    });
    const evals = { prices: { flat: { input: 0.1, output: 0 } }, maxCost: 0.35 };
    const { EVALS_RUN: _unnamed, ...variables } = env();
    const watch = { args: ['--watchAll'], env: variables, config: { testEnvironmentOptions: { evals } } };
    const jest = startJest(edition(1), mode, watch);
    for (const number of [1, 2]) {
      if (number > 1) jest.write(edition(number));
      await jest.until(
        `the end of run ${number}`,
        () => jest.output.split('Test results written to').length - 1 === number,
      );
    }
    process.kill(-jest.pid, 'SIGINT');
    const run = await jest.finished();
    expect(run).toMatchObject({ exit: 130, left: [] });
    expect(asked()).toBe(6);
    expect(run.output).not.toContain('BUDGET_SPENT');
    expect(run.output.match(/Cost: 0\.3\n/g)).toHaveLength(2);
  });
});
