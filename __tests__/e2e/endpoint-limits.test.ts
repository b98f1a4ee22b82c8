import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FooterRecord, LogRecord, SampleRecord } from '../../src/evals/log/log-record';
import { completion, fakeEndpoint, json, refusal, type Answerer } from '../fixtures/fake-endpoint';
import { spec } from './noting-project';
import { bothModes, runJest, type JestRun, type Mode } from './run-jest';

const endpoint = fakeEndpoint();

/** What a sample asked, and when; undefined for the check at setup. */
interface Asked {
  readonly sample: string;
  readonly at: number;
}

/** Answers samples by `answer`, and the check at setup as it wants to be. */
function forSamples(answer: (asked: Asked) => Answerer): Answerer {
  return (response, request) => {
    const [message] = (request.body['messages'] ?? []) as { content: string }[];
    const [, sample] = /^sample (\d+)$/.exec(message?.content ?? '') ?? [];
    if (sample !== undefined) return answer({ sample, at: performance.now() })(response, request);
    const body = request.path.endsWith('/models') ? { data: [{ id: 'm' }] } : completion('ready');
    json(200, body)(response, request);
  };
}

const right = json(200, completion('yes'));

function evaluate(mode: Mode, samples: number, options: string): Promise<JestRun> {
  return runJest(
    {
      'limits.eval.js': spec(`
        withClient(['openai:m'], () => {
          foreach('n', Array.from({ length: ${samples} }, (_, n) => n), async (n, { client, signal }) => {
            const { text } = await client.generate('sample ' + n, { signal });
            return new Result(text, exactMatch(text, 'yes'));
          }, { title: 'limits', ${options} });
        });`),
    },
    mode,
    { env: { EVALS_RUN: 'mine', OPENAI_BASE_URL: endpoint.baseURL, OPENAI_API_KEY: 'key-of-the-test' } },
  );
}

function records({ project }: JestRun): LogRecord[] {
  const folder = join(project, '.evals/mine');
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  const lines = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as LogRecord);
}

describe.each(bothModes)('an endpoint with limits, %s', (mode) => {
  test('is asked again when it said, and the log keeps why', async () => {
    const refusedAt: number[] = [];
    const askedAgainAt: number[] = [];
    endpoint.answer(
      forSamples(({ sample, at }) => {
        if (sample !== '1') return right;
        (refusedAt.length < 2 ? refusedAt : askedAgainAt).push(at);
        if (askedAgainAt.length > 0) return right;
        const retryAfter = refusedAt.length === 1 ? '1' : new Date(Date.now() + 2000).toUTCString();
        return refusal(429, 'slow down', { 'retry-after': retryAfter });
      }),
    );
    const run = await evaluate(mode, 3, 'concurrency: 1');
    expect(run).toMatchObject({ exit: 0, left: [] });
    const [first = 0, second = 0] = refusedAt;
    expect(second - first).toBeGreaterThan(990);
    // A date says whole seconds only.
    expect((askedAgainAt[0] ?? 0) - second).toBeGreaterThan(900);
    const sample = records(run).find(
      (record): record is SampleRecord => record.type === 'sample' && record.input === 1,
    );
    expect(sample).toMatchObject({ scores: [{ value: true }], calls: { count: 1 } });
    expect(sample?.retried).toHaveLength(2);
    for (const message of sample?.retried ?? []) expect(message).toContain('slow down');
    expect((records(run).at(-1) as FooterRecord).summary).toMatchObject({ errors: 0, retries: 2 });
  });

  test('gets half as many requests at once after it had too many, and slowly more again', async () => {
    const held: (() => void)[] = [];
    const atOnce: number[] = [];
    let underWay = 0;
    let isBusy = true;
    endpoint.answer(
      forSamples(() => (response, request) => {
        underWay += 1;
        if (!isBusy) atOnce.push(underWay);
        const end = (answer: Answerer): void => {
          underWay -= 1;
          answer(response, request);
        };
        if (!isBusy) return void setTimeout(() => end(right), 100);
        // The first eight come together, and are refused together.
        held.push(() => end(refusal(429, 'too many', { 'retry-after': '0' })));
        if (held.length < 8) return;
        isBusy = false;
        for (const refuse of held) refuse();
      }),
    );
    const run = await evaluate(mode, 60, 'concurrency: 8');
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(held).toHaveLength(8);
    expect(Math.max(...atOnce.slice(0, 10))).toBeLessThanOrEqual(4);
    expect(Math.max(...atOnce)).toBeGreaterThan(4);
    expect(Math.max(...atOnce)).toBeLessThanOrEqual(8);
    expect((records(run).at(-1) as FooterRecord).summary).toMatchObject({
      samples: 60,
      errors: 0,
      retries: 8,
    });
  });

  test('that refuses for good is an infrastructure error, after as many tries as are allowed', async () => {
    const asked: number[] = [];
    endpoint.answer(
      forSamples(({ at }) => {
        asked.push(at);
        // What does not say when waits longer each time.
        return refusal(503, 'no capacity', asked.length === 3 ? { 'retry-after': '0' } : {});
      }),
    );
    const run = await evaluate(mode, 1, 'retries: 3, gate: { maxErrors: 1 }');
    expect(asked).toHaveLength(4);
    const [first = 0, second = 0, third = 0] = asked;
    expect(second - first).toBeGreaterThan(245);
    expect(third - second).toBeGreaterThan(490);
    expect(records(run).find(({ type }) => type === 'sample')).toMatchObject({
      error: { kind: 'infrastructure', message: expect.stringContaining('no capacity') as string },
      retried: [expect.any(String), expect.any(String), expect.any(String)],
    });
    expect(run).toMatchObject({ exit: 1, left: [] });
  });
});
