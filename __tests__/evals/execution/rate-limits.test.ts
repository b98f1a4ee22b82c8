import { gateOf } from '../../../src/answers/endpoint-gate';
import { RateLimits } from '../../../src/evals/execution/rate-limits';

// Gates are as many as there are URLs: each test has its own.
let tests = 0;
beforeEach(() => (tests += 1));
const model = (): string => `http://model.example/${tests}/v1`;
const judge = (): string => `http://judge.example/${tests}/v1`;
const maxWaitMs = 60_000;

const never = (): AbortSignal => new AbortController().signal;

/** A refusal as the AI SDK throws it. */
function tooMany(baseURL: string, headers: Record<string, string> = {}, data: unknown = undefined): Error {
  const url = `${baseURL}/chat/completions`;
  return Object.assign(new Error('slow down'), { statusCode: 429, url, responseHeaders: headers, data });
}

function limits(...endpoints: string[]): RateLimits {
  return new RateLimits(() => endpoints, maxWaitMs);
}

test('a 429 of another client pauses the endpoint that it names, and no other', () => {
  const [url, other] = [model(), judge()];
  const begin = performance.now();
  expect(limits(url, other).refused(tooMany(url, { 'retry-after': '30' }), begin)).toBe('again');
  const { leftMs } = gateOf(url);
  expect(leftMs).toBeLessThanOrEqual(30_000);
  expect(leftMs).toBeGreaterThan(29_999 - (performance.now() - begin));
  expect(gateOf(other).leftMs).toBeLessThanOrEqual(0);
});

test('a trial waits before it begins, as long as an endpoint of it is paused, and not for others', async () => {
  const [url, other] = [model(), judge()];
  const begin = performance.now();
  gateOf(url).pause(100);
  expect(limits(other).enter(never())).toBeUndefined();
  await limits(url, other).enter(never());
  expect(performance.now() - begin).toBeGreaterThan(95);
  expect(limits(url).enter(never())).toBeUndefined();
});

test('the end of the evaluation ends the wait', async () => {
  const url = model();
  gateOf(url).pause(50_000);
  const end = new AbortController();
  const waiting = limits(url).enter(end.signal);
  end.abort();
  await waiting;
  await limits(url).enter(end.signal);
});

test('a trial does not wait for longer than it may', () => {
  const url = model();
  gateOf(url).pause(maxWaitMs + 1000);
  expect(limits(url).enter(never())).toBeUndefined();
});

test('nothing but refusals for as long as may be waited is too long, and an answer begins anew', () => {
  const url = model();
  const refusing = limits(url);
  const refuse = (): unknown => refusing.refused(tooMany(url, { 'retry-after': '25' }), Infinity);
  const waited = (): unknown[] => {
    const verdicts = [refuse()];
    for (const _ of [1, 2, 3]) {
      // As if the pause were over.
      Object.defineProperty(gateOf(url), 'leftMs', { value: 0, configurable: true });
      verdicts.push(refuse());
    }
    return verdicts;
  };
  expect(waited()).toEqual(['again', 'again', 'waitedTooLong', 'waitedTooLong']);
  refusing.passed();
  expect(refuse()).toBe('again');
});

test.each([
  ['that is none', () => Object.assign(tooMany(model()), { statusCode: 503 })],
  ['of a quota that is used up', () => tooMany(model(), {}, { error: { code: 'insufficient_quota' } })],
  ['that names too long a wait', () => tooMany(model(), { 'retry-after': '61' })],
  ['of an endpoint that is not leased', () => tooMany('http://tools.example/v1')],
])('a 429 %s pauses nothing', (_name, error) => {
  const url = model();
  expect(limits(url).refused(error(), performance.now())).toBeUndefined();
  expect(gateOf(url).leftMs).toBeLessThanOrEqual(0);
});

test('where no endpoint is known, nothing is paused', () => {
  class OpenAIError extends Error {}
  const error = Object.assign(new OpenAIError('slow down'), { status: 429 });
  expect(limits().refused(error, performance.now())).toBeUndefined();
});
