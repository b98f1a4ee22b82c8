import {
  completion,
  fakeEndpoint,
  json,
  refusal,
  type Answerer,
  type EndpointRequest,
} from '../fixtures/fake-endpoint';
import { limited, type Limited } from '../fixtures/limited-endpoint';
import { footer, mine, records, samples } from '../support/eval-logs';
import { outcome, spec } from './noting-project';
import { bothModes, runJest, startJest, type JestRun } from './run-jest';

const [endpoint, shared, other] = [fakeEndpoint(), fakeEndpoint(), fakeEndpoint()];
const right = json(200, completion('yes'));

/** What a sample asked, and when. */
interface Asked {
  readonly sample: number;
  readonly at: number;
}

function sampleIn({ body }: EndpointRequest): { title: string; sample: number } | undefined {
  const [message] = (body['messages'] ?? []) as { content: string }[];
  const [, title, sample] = /^sample of (\S+): (\d+)$/.exec(message?.content ?? '') ?? [];
  return title === undefined ? undefined : { title, sample: Number(sample) };
}

/** Answers the samples of each evaluation by its title, and the check at setup as it wants to be. */
function forSamples(answers: Readonly<Record<string, (asked: Asked) => Answerer>>): Answerer {
  return (response, request) => {
    const { title = '', sample = 0 } = sampleIn(request) ?? {};
    const answer = answers[title]?.({ sample, at: performance.now() }) ?? right;
    answer(response, request);
  };
}

const evaluate = `
  const evaluate = (title, samples, options) =>
    foreach('n', Array.from({ length: samples }, (_, n) => n), async (n, { client, signal }) => {
      const { text } = await client.generate('sample of ' + title + ': ' + n, { signal });
      return new Result(text, exactMatch(text, 'yes'));
    }, { title, ...options });`;

const sharing = (title: string): string =>
  spec(`${evaluate}
    withClient(['shared:m'], () => evaluate('${title}', 30, { concurrency: 30 }));`);

/** A client of its own, whose errors are as those of the AI SDK, which does not try again here. */
const ask = `
    const ask = async (baseURL, content) => {
      const body = JSON.stringify({ messages: [{ role: 'user', content }] });
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(baseURL + '/chat/completions', { method: 'POST', headers, body });
      if (!response.ok)
        throw Object.assign(new Error('HTTP ' + response.status), {
          url: response.url,
          statusCode: response.status,
          isRetryable: response.status === 429,
          responseHeaders: Object.fromEntries(response.headers),
        });
      return (await response.json()).choices[0].message.content;
    };`;

const asking = (title: string): string =>
  spec(`${ask}
    withClient(['other:m'], () =>
      foreach('n', Array.from({ length: 30 }, (_, n) => n), async (n) => {
        const text = await ask(process.env.OTHER_URL, 'sample of ${title}: ' + n);
        return new Result(text, exactMatch(text, 'yes'));
      }, { title: '${title}', concurrency: 30, retries: 0 }));`);

const files = {
  'providers.js': `
    const { defineProviders, OpenAICompatibleProvider } = require('jest-model-provider');
    module.exports = defineProviders({
      shared: new OpenAICompatibleProvider({ baseURL: process.env.SHARED_URL, apiKeyVariable: 'OPENAI_API_KEY' }),
      other: new OpenAICompatibleProvider({ baseURL: process.env.OTHER_URL, apiKeyVariable: 'OPENAI_API_KEY' }),
    });`,
  // In one file, so that they come one after the other.
  'limits.eval.js': spec(`${evaluate}
    withClient(['openai:m'], () => {
      evaluate('busy', 60, { concurrency: 8 });
      evaluate('again', 3, { concurrency: 1, timeoutMs: 2500 });
      evaluate('gone', 1, { retries: 3, gate: { maxErrors: 1 } });
      evaluate('unpaid', 8, { concurrency: 2 });
      evaluate('forbidden', 4, { concurrency: 1 });
      evaluate('moderated', 4, { concurrency: 1, gate: { maxErrors: 1 } });
      evaluate('quota', 4, { concurrency: 4 });
      evaluate('tomorrow', 4, { concurrency: 4, maxWaitMs: 60_000 });
      evaluate('down', 30, { concurrency: 1, retries: 0, stopAfterEqualErrors: 5 });
      const failing = (url, status) => Object.assign(new Error('HTTP ' + status), { url, statusCode: status });
      foreach('n', [401, 402, 429, 503], async (n, { client }) => {
        const { text } = await client.generate('sample of tools: 0');
        if (text === 'yes') throw failing('http://tools.example/v1', n);
        return new Result(text);
      }, { title: 'tools', gate: { maxErrors: 4 } });
      foreach('n', [1, 2, 3, 4], async (n, { client }) => {
        throw failing(client.openai.baseURL + '/chat/completions', 401);
      }, { title: 'sdk', concurrency: 1 });
      const tries = {};
      foreach('n', [1, 2, 3, 4], async (n, { client }) => {
        if (n === 4) return new Result('right');
        tries[n] = (tries[n] ?? 0) + 1;
        if (tries[n] === 2) throw new Error('a wrong answer to ' + n);
        const responseHeaders = { 'retry-after-ms': '100' };
        throw Object.assign(failing(client.openai.baseURL + '/chat/completions', 429), { responseHeaders });
      }, { title: 'wrong', concurrency: 1, maxWaitMs: 150, gate: { maxErrors: 3 } });
    });`),
  'one.eval.js': sharing('one'),
  'two.eval.js': sharing('two'),
  'three.eval.js': asking('three'),
  'four.eval.js': asking('four'),
};

describe.each(bothModes)('an endpoint with limits, %s', (mode) => {
  const refusedAt: number[] = [];
  const askedAgainAt: number[] = [];
  const again = ({ sample, at }: Asked): Answerer => {
    if (sample !== 1) return right;
    (refusedAt.length < 2 ? refusedAt : askedAgainAt).push(at);
    if (askedAgainAt.length > 0) return right;
    const retryAfter = refusedAt.length === 1 ? '1' : new Date(Date.now() + 3000).toUTCString();
    return refusal(429, 'slow down', { 'retry-after': retryAfter });
  };

  const held: (() => void)[] = [];
  const atOnce: number[] = [];
  let inFlight = 0;
  let isBusy = true;
  const busy = (): Answerer => (response, request) => {
    inFlight += 1;
    if (!isBusy) atOnce.push(inFlight);
    const end = (answer: Answerer): void => {
      inFlight -= 1;
      answer(response, request);
    };
    if (!isBusy) return void setTimeout(() => end(right), 100);
    // The first eight come together, and are refused together.
    held.push(() => end(refusal(429, 'too many', { 'retry-after-ms': '50' })));
    if (held.length < 8) return;
    isBusy = false;
    for (const refuse of held) refuse();
  };

  const goneAt: number[] = [];
  const gone = ({ at }: Asked): Answerer => {
    goneAt.push(at);
    // What does not say when waits longer each time.
    return refusal(503, 'no capacity', goneAt.length === 3 ? { 'retry-after-ms': '1' } : {});
  };

  let isPaid = false;
  const unlessPaid = (from: number, refused: Answerer) => {
    return ({ sample }: Asked): Answerer => (isPaid || sample < from ? right : refused);
  };
  const counts: Record<string, number> = {};
  const counted = (title: string, answer: (asked: Asked) => Answerer) => (asked: Asked) => {
    counts[title] = (counts[title] ?? 0) + 1;
    return answer(asked);
  };
  const answers = {
    again,
    busy,
    gone,
    unpaid: counted('unpaid', unlessPaid(3, refusal(402, 'insufficient balance'))),
    forbidden: counted('forbidden', unlessPaid(0, refusal(403, 'not for this key'))),
    moderated: ({ sample }: Asked) => (sample === 2 ? refusal(403, 'flagged') : right),
    quota: unlessPaid(2, json(429, { error: { message: 'pay first', type: 'insufficient_quota' } })),
    tomorrow: unlessPaid(0, refusal(429, 'come back tomorrow', { 'retry-after': '3600' })),
    down: counted('down', ({ sample }) => refusal(503, `no capacity (request id req_${sample}abc)`)),
  };

  // Files that share an endpoint run at once where there is a worker for each.
  const together = mode === 'in band' ? 30 : 60;
  const askerOf = (request: EndpointRequest): string => JSON.stringify(sampleIn(request));
  let limits: Limited;
  let otherLimits: Limited;
  let run: JestRun;
  let continued: JestRun;
  beforeAll(async () => {
    endpoint.answer(forSamples(answers));
    limits = limited(20, 500, { together, askerOf });
    shared.answer((response, request) =>
      (sampleIn(request) === undefined ? right : limits.answerer)(response, request),
    );
    otherLimits = limited(20, 500, { together, askerOf });
    other.answer((response, request) =>
      (sampleIn(request) === undefined ? right : otherLimits.answerer)(response, request),
    );
    const env = {
      EVALS_RUN: mine,
      OPENAI_BASE_URL: endpoint.baseURL,
      OPENAI_API_KEY: 'key-of-the-test',
      SHARED_URL: shared.baseURL,
      OTHER_URL: other.baseURL,
    };
    const config = { testEnvironmentOptions: { modelProviders: './providers.js' } };
    run = await runJest(files, mode, { env, config, workers: 5 });
    isPaid = true;
    const chosen = ['-t', 'unpaid|forbidden|quota|tomorrow'];
    continued = await runJest(files, mode, { env, config, project: run.project, args: chosen });
  });

  const statusOf = (title: string): string => outcome(run, `openai:m ${title}`).status;
  const messageOf = (title: string): string => outcome(run, `openai:m ${title}`).message;

  test('leaves nothing', () => {
    expect(run).toMatchObject({ exit: 1, left: [] });
  });

  test('is asked again when it said, and the sample is none that failed', () => {
    expect(statusOf('again')).toBe('passed');
    const [first = 0, second = 0] = refusedAt;
    expect(second - first).toBeGreaterThan(990);
    // A date says whole seconds only. Together it is more than the time of the sample.
    expect((askedAgainAt[0] ?? 0) - second).toBeGreaterThan(1900);
    const log = records(run, 'again');
    const sample = samples(log).find(({ input }) => input === 1);
    expect(sample).toMatchObject({ scores: [{ value: true }] });
    expect(sample?.retried).toBeUndefined();
    expect(footer(log).summary).toMatchObject({ errors: 0, retries: 0 });
  });

  test('is not waited for too long if it answers in between, and only the samples are wrong', () => {
    expect(statusOf('wrong')).toBe('passed');
    expect(footer(records(run, 'wrong')).summary).toMatchObject({ samples: 4, errorKinds: { user: 3 } });
  });

  test('gets half as many requests at once after it had too many, and slowly more again', () => {
    expect(statusOf('busy')).toBe('passed');
    expect(held).toHaveLength(8);
    expect(Math.max(...atOnce.slice(0, 4))).toBeLessThanOrEqual(4);
    expect(Math.max(...atOnce.slice(0, 10))).toBeLessThanOrEqual(6);
    expect(Math.max(...atOnce)).toBeGreaterThan(4);
    expect(Math.max(...atOnce)).toBeLessThanOrEqual(8);
    expect(footer(records(run, 'busy')).summary).toMatchObject({ samples: 60, errors: 0, retries: 0 });
  });

  test.each([
    ['clients of ours', ['shared:m one', 'shared:m two'], () => limits],
    ['other clients', ['other:m three', 'other:m four'], () => otherLimits],
  ])(
    'shared by two files gets no request again while it has too many, and answers all: %s',
    (_name, titles, of) => {
      for (const title of titles) {
        expect(outcome(run, title)).toMatchObject({ status: 'passed' });
        const log = records(run, title.split(' ')[1] ?? '');
        expect(footer(log).summary).toMatchObject({ samples: 30, errors: 0, retries: 0 });
      }
      const { answered, refused, impatient } = of();
      expect(answered).toHaveLength(60);
      expect(refused.length).toBeGreaterThanOrEqual(together - 20);
      expect(impatient).toEqual([]);
    },
  );

  test('that refuses for good is an infrastructure error, after as many tries as are allowed', () => {
    expect(statusOf('gone')).toBe('failed');
    expect(goneAt).toHaveLength(4);
    const [first = 0, second = 0, third = 0] = goneAt;
    expect(second - first).toBeGreaterThan(245);
    expect(third - second).toBeGreaterThan(490);
    expect(samples(records(run, 'gone'))[0]).toMatchObject({
      error: { kind: 'infrastructure', message: expect.stringContaining('no capacity') as string },
      retried: [expect.any(String), expect.any(String), expect.any(String)],
    });
  });

  test.each<[string, number, string, string]>([
    ['unpaid', 3, '"m" answered 402 insufficient balance', 'What was paid for there is used up.'],
    ['forbidden', 0, '"m" answered 403 not for this key', 'It forbids the key to use the model.'],
    ['quota', 2, '"m" answered 429 pay first', 'What was paid for there is used up.'],
    ['tomorrow', 0, '"m" answered 429 come back tomorrow', 'It wants to be asked again in 3,600 s'],
    ['sdk', 0, 'HTTP 401', 'It refuses the key.'],
  ])('that will answer nothing else stops the evaluation, with its words: %s', (title, done, words, why) => {
    expect(statusOf(title)).toBe('failed');
    expect(messageOf(title)).toContain(`"${title}": ${words}`);
    expect(messageOf(title)).toContain(why);
    expect(messageOf(title)).toContain(`trials did not run. EVALS_RUN=${mine} goes on with them.`);
    expect(run.output).toMatch(new RegExp(`${title} .*stopped`));
    const log = records(run, title);
    const first = log.slice(0, log.findIndex(({ type }) => type === 'footer') + 1);
    expect(samples(first).every(({ error }) => error === undefined)).toBe(true);
    expect(samples(first).length).toBeLessThanOrEqual(done);
    expect(footer(first)).toMatchObject({ status: 'stopped', summary: { errors: 0 } });
    expect(footer(first).summary.notRun).toBeGreaterThan(0);
  });

  test('that was stopped for is asked little more than nothing', () => {
    const continuedWith = { unpaid: 8 - 3, forbidden: 4 };
    expect(counts['unpaid']).toBeLessThanOrEqual(3 + 2 + continuedWith.unpaid);
    expect(counts['forbidden']).toBe(1 + continuedWith.forbidden);
  });

  test.each(['unpaid', 'forbidden', 'quota', 'tomorrow'])(
    'a run that it stopped can be continued: %s',
    (title) => {
      expect(outcome(continued, `openai:m ${title}`).status).toBe('passed');
      expect(footer(records(continued, title))).toMatchObject({
        status: 'complete',
        summary: { errors: 0, notRun: 0 },
      });
    },
  );

  test('that forbids a request after it has answered others has an error of that sample', () => {
    expect(statusOf('moderated')).toBe('passed');
    expect(footer(records(run, 'moderated'))).toMatchObject({
      status: 'complete',
      summary: { samples: 4, errors: 1, errorKinds: { user: 1 } },
    });
  });

  test('that fails in the same way again and again stops the evaluation', () => {
    expect(messageOf('down')).toContain('5 equal infrastructure errors in a row (stopAfterEqualErrors)');
    expect(counts['down']).toBe(5);
    expect(footer(records(run, 'down'))).toMatchObject({
      status: 'stopped',
      summary: { errors: 5, notRun: 25 },
    });
  });

  test('is not the API of a tool, whose errors are those of their samples and are not retried', () => {
    expect(footer(records(run, 'tools'))).toMatchObject({
      status: 'complete',
      summary: { samples: 4, errors: 4, errorKinds: { user: 4 }, retries: 0 },
    });
  });
});

test('what has refused the request of one file is not asked by another one either', async () => {
  const at: Record<string, number[]> = {};
  other.answer((response, request) => {
    const { title } = sampleIn(request) ?? {};
    if (title === undefined) return right(response, request);
    const times = (at[title] ??= []);
    times.push(performance.now());
    const isFirst = title === 'refused' && times.length === 1;
    (isFirst ? refusal(429, 'slow down', { 'retry-after-ms': '2000' }) : right)(response, request);
  });
  const two = {
    'providers.js': `
      const { defineProviders, OpenAICompatibleProvider } = require('jest-model-provider');
      const { NotingProvider } = require('e2e-kit');
      module.exports = defineProviders({
        other: new OpenAICompatibleProvider({ baseURL: process.env.OTHER_URL, apiKeyVariable: 'OPENAI_API_KEY' }),
        noting: new NotingProvider(),
      });`,
    // The session answers a setup after all that it was told before, and a file hears that answer after all that
    // the session has told it before.
    'refused.eval.js': spec(`${ask}
      const tell = async () => {
        await (await modelProviders.setup('noting:first')).teardown();
        note('told');
      };
      withClient(['other:m'], (handle) =>
        foreach('n', [1], async (n) => {
          try {
            return new Result(await ask(process.env.OTHER_URL, 'sample of refused: ' + n));
          } catch (error) {
            // When the evaluation has got the error.
            setImmediate(() => void tell());
            throw error;
          }
        }, { title: 'refused' }));`),
    'told.eval.js': spec(`
      withClient(['other:m'], (handle) =>
        test('asks', async () => {
          await noted('told');
          await (await modelProviders.setup('noting:second')).teardown();
          await handle.client.generate('sample of told: 1');
        }, 90_000));`),
  };
  const run = await runJest(two, 'in workers', {
    env: { OTHER_URL: other.baseURL, OPENAI_API_KEY: 'key-of-the-test' },
    config: { testEnvironmentOptions: { modelProviders: './providers.js' } },
  });
  expect(run).toMatchObject({ exit: 0, left: [] });
  const [first = Infinity, again = 0] = at['refused'] ?? [];
  expect(again - first).toBeGreaterThan(1980);
  expect((at['told']?.[0] ?? 0) - first).toBeGreaterThan(1980);
});

test.each(bothModes)('a wait is shown, and Ctrl-C ends it at once, %s', async (mode) => {
  endpoint.answer((response, request) =>
    (sampleIn(request) === undefined ? right : refusal(429, 'slow down', { 'retry-after': '200' }))(
      response,
      request,
    ),
  );
  const waiting = {
    'waits.eval.js': spec(`${evaluate}
      withClient(['openai:m'], (handle) => {
        evaluate('told', 3, {});
        foreach('n', [1, 2], () => handle.client.generate('sample of deaf: 1').then(() => true), { title: 'deaf' });
      });`),
  };
  const running = startJest(waiting, mode, {
    env: { EVALS_RUN: mine, OPENAI_BASE_URL: endpoint.baseURL, OPENAI_API_KEY: 'key-of-the-test' },
    // Well before the wait would be over.
    limitMs: 60_000,
  });
  const shown = `${endpoint.baseURL} had too many requests (429): paused`;
  await running.until('the wait', () => running.output.includes(shown));
  const [, paused, left] = /paused (\d+) s, (\d+) s to go/.exec(running.output) ?? [];
  expect(Number(left)).toBeLessThanOrEqual(200);
  expect(Number(paused) + Number(left)).toBeGreaterThanOrEqual(199);
  process.kill(-running.pid, 'SIGINT');
  const run = await running.finished();
  expect(run).toMatchObject({ exit: 130, left: [] });
  expect(endpoint.requests.filter((request) => sampleIn(request) !== undefined).length).toBeLessThanOrEqual(
    3,
  );
});
