import OpenAI from 'openai';
import * as errors from '../../../src/evals/execution/error-kind';
import { ModelProviderError, type ErrorCode } from '../../../src/base/errors';

const { legible, retryAfterMs, sameness } = errors;
const leased = ['http://127.0.0.1:4000/v1', 'https://api.example.com/openai/v1/'];
const errorKind = (error: unknown): string => errors.errorKind(error, leased);
const entry = (error: unknown): ReturnType<typeof errors.errorEntry> =>
  errors.errorEntry('user', error, __dirname);
const isPassing = (error: unknown): boolean => errors.isPassing(error, leased);
const isTooMany = (error: unknown): boolean => errors.isTooMany(error, leased);

const coded = (code: ErrorCode, details = {}, cause?: unknown): Error =>
  new ModelProviderError(code, code, { details, cause });

/** An error of the AI SDK, axios or fetch, with what they have in it. */
const failed = (more: object, cause?: unknown): Error => Object.assign(new Error('failed', { cause }), more);
const here = `${leased[0]!}/chat/completions`;
const elsewhere = 'https://api.weather.example/v1/today';
const ofOpenAI = (status: number, error: object = {}, headers = {}): Error =>
  OpenAI.APIError.generate(status, { error }, undefined, new Headers(headers));

function circular(): Error {
  const error = new Error('circle');
  error.cause = error;
  return error;
}

test.each<[string, unknown]>([
  ['a lost resource', coded('RESOURCE_LOST')],
  ['a failed setup', coded('SETUP_FAILED')],
  ['a refused connection', coded('REQUEST_FAILED')],
  ['a server error', coded('REQUEST_FAILED', { status: 503 })],
  ['too many requests', coded('REQUEST_FAILED', { status: 429 })],
  ['a broken connection', Object.assign(new Error(), { code: 'ECONNRESET' })],
  [
    'fetch without an answer',
    Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }),
  ],
  ['the SDK of OpenAI, 500', ofOpenAI(500)],
  [
    'the SDK of OpenAI, without an answer',
    Object.assign(new Error('Connection error.'), {
      cause: Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }),
    }),
  ],
  ['an answer that is none', coded('REQUEST_FAILED', { status: 200 })],
  ['half an answer', coded('ANSWER_CUT', { status: 200 })],
  ['the AI SDK, 503', failed({ url: here, statusCode: 503, isRetryable: true })],
  [
    'the last try of the AI SDK',
    failed({ lastError: failed({ url: here, statusCode: 429, isRetryable: true }) }),
  ],
  ['the AI SDK, without an answer', failed({ url: here, isRetryable: true })],
  [
    'axios, 502',
    failed({ config: { baseURL: leased[1], url: '/chat/completions' }, response: { status: 502 } }),
  ],
  [
    'axios, 503 of a whole URL',
    failed({ config: { baseURL: elsewhere, url: here }, response: { status: 503 } }),
  ],
  ['axios without an answer', failed({ code: 'ECONNREFUSED', config: { url: here } })],
  ['fetch, 500', failed({ response: { status: 500, url: here } })],
  ['another name of this machine', failed({ url: 'http://localhost:4000/v1/x', statusCode: 500 })],
  ['LangChain, 500', new Error('model failed', { cause: ofOpenAI(500) })],
  [
    'fetch in three wrappings',
    new Error('a', {
      cause: new Error('b', { cause: new Error('c', { cause: { code: 'UND_ERR_SOCKET' } }) }),
    }),
  ],
  ['the time limit of the SDK of OpenAI', new (class APIConnectionTimeoutError extends Error {})()],
  ["a judge's endpoint", coded('SCORER_FAILED', {}, coded('REQUEST_FAILED', { status: 502 }))],
])('%s is an infrastructure error', (_what, error) => {
  expect(errorKind(error)).toBe('infrastructure');
});

test.each<[string, unknown]>([
  ['a wrong request', coded('REQUEST_FAILED', { status: 400 })],
  ['a wrong request of the AI SDK', failed({ url: here, statusCode: 400, isRetryable: false })],
  ['what the AI SDK gives up on', failed({ url: here, statusCode: 500, isRetryable: false })],
  ['a wrong request of axios', failed({ config: { url: here }, response: { status: 404 } })],
  ['a status of nobody knows whom', failed({ status: 503 })],
  ["a tool's API, by fetch", failed({ response: { status: 500, url: elsewhere } })],
  ["a tool's API, by axios", failed({ config: { url: elsewhere }, response: { status: 502 } })],
  ["a tool's API, without an answer", failed({ code: 'ECONNREFUSED', config: { url: elsewhere } })],
  ['another model, by the AI SDK', failed({ url: elsewhere, statusCode: 429, isRetryable: true })],
  ['another path of the host', failed({ url: 'http://127.0.0.1:4000/v10/x', statusCode: 500 })],
  ['another port', failed({ url: 'http://127.0.0.1:4001/v1/x', statusCode: 500 })],
  ['a failed expect', new Error('expect(received).toBe(expected)')],
  ['anything thrown', 'text'],
  ['nothing thrown', undefined],
  ['an error that is its own cause', circular()],
  ['an object without a prototype', Object.create(null)],
])("%s is the user's", (_what, error) => {
  expect(errorKind(error)).toBe('user');
});

test('what a scorer cannot judge is the scorer’s', () => {
  expect(errorKind(coded('SCORER_FAILED', {}, new Error('no number')))).toBe('scorer');
});

test('a dead server does not pass, a busy one does', () => {
  expect(isPassing(coded('RESOURCE_LOST'))).toBe(false);
  expect(isPassing(coded('RESOURCE_LOST', {}, Object.assign(new Error(), { code: 'ECONNRESET' })))).toBe(
    false,
  );
  expect(isPassing(coded('REQUEST_FAILED', { status: 503 }))).toBe(true);
});

test('too many requests are told, and when to come back', () => {
  const error = coded('REQUEST_FAILED', { status: 429, retryAfterMs: 1500 });
  expect([isTooMany(error), retryAfterMs(error)]).toEqual([true, 1500]);
  expect(retryAfterMs(new Error())).toBeUndefined();
});

test('the errors of the SDK of OpenAI say when to come back in their headers', () => {
  const refused = (value: string): Error => ofOpenAI(429, {}, { 'retry-after': value });
  expect(retryAfterMs(refused('2'))).toBe(2000);
  const begin = Date.now();
  const left = retryAfterMs(refused(new Date(begin + 3_600_000).toUTCString())) ?? 0;
  expect(left).toBeLessThanOrEqual(3_600_000);
  // A date of HTTP has no fractions of a second.
  expect(left).toBeGreaterThan(3_600_000 - 1000 - (Date.now() - begin) - 1);
  expect(retryAfterMs(refused('soon'))).toBeUndefined();
});

test('those of other SDKs say it in their headers too', () => {
  expect(retryAfterMs(failed({ responseHeaders: { 'retry-after': '2' } }))).toBe(2000);
  expect(retryAfterMs(failed({ lastError: failed({ responseHeaders: { 'Retry-After': '3' } }) }))).toBe(3000);
  expect(retryAfterMs(failed({ response: { headers: { 'retry-after': 4 } } }))).toBe(4000);
  expect(retryAfterMs(failed({ responseHeaders: { 'x-ratelimit-reset-requests': '1m0s' } }))).toBe(60_000);
  expect(isTooMany(failed({ lastError: failed({ url: here, statusCode: 429 }) }))).toBe(true);
  expect(isTooMany(failed({ url: elsewhere, statusCode: 429 }))).toBe(false);
});

test('a status of nobody knows whom may say that it can be retried', () => {
  expect([true, false].map((isRetryable) => errorKind(failed({ status: 503, isRetryable })))).toEqual([
    'infrastructure',
    'user',
  ]);
});

test('a status from elsewhere is retried only if its error says so, and is the user’s then too', () => {
  const from = (more: object): Error => failed({ url: elsewhere, statusCode: 503, ...more });
  expect([isPassing(from({})), isPassing(from({ isRetryable: false }))]).toEqual([false, false]);
  expect([isPassing(from({ isRetryable: true })), errorKind(from({ isRetryable: true }))]).toEqual([
    true,
    'user',
  ]);
});

describe('an endpoint is hopeless', () => {
  const hopelessness = (error: unknown, hasAnswered = true): string | undefined =>
    errors.hopelessness(error, leased, { maxWaitMs: 60_000, hasAnswered });
  const quota = { code: 'insufficient_quota', message: 'You exceeded your current quota.' };
  const key = 'It refuses the key.';
  const paid = 'What was paid for there is used up.';
  const later =
    'It wants to be asked again in 61 s, which is longer than it may make a call wait (maxWaitMs: 60,000).';

  test.each<[string, unknown, string]>([
    ['with 401', coded('REQUEST_FAILED', { status: 401 }), key],
    ['with 402', coded('REQUEST_FAILED', { status: 402 }), paid],
    ['with 401 of the SDK of OpenAI', ofOpenAI(401), key],
    ['with 401 of the AI SDK', failed({ url: here, statusCode: 401, isRetryable: false }), key],
    ["with a judge's 401", coded('SCORER_FAILED', {}, coded('REQUEST_FAILED', { status: 401 })), key],
    ['without quota', coded('REQUEST_FAILED', { status: 429, serverCode: 'insufficient_quota' }), paid],
    [
      'without quota, by the type',
      coded('REQUEST_FAILED', { status: 429, type: 'insufficient_quota' }),
      paid,
    ],
    ['without quota, by the SDK of OpenAI', ofOpenAI(429, quota), paid],
    ['without quota, by the AI SDK', failed({ url: here, statusCode: 429, data: { error: quota } }), paid],
    [
      'without quota, by a body of the AI SDK',
      failed({ url: here, statusCode: 429, responseBody: JSON.stringify({ error: quota }) }),
      paid,
    ],
    [
      'without quota, by axios',
      failed({ config: { url: here }, response: { status: 429, data: { error: quota } } }),
      paid,
    ],
    ['for too long', coded('REQUEST_FAILED', { status: 429, retryAfterMs: 60_001 }), later],
    ['for too long, by the SDK of OpenAI', ofOpenAI(429, {}, { 'retry-after': '61' }), later],
  ])('%s', (_what, error, said) => {
    expect(hopelessness(error)).toBe(said);
  });

  test('with 403 only before it has answered anything', () => {
    const error = coded('REQUEST_FAILED', { status: 403 });
    expect([hopelessness(error, false), hopelessness(error, true)]).toEqual([
      'It forbids the key to use the model.',
      undefined,
    ]);
  });

  test.each<[string, unknown]>([
    ['elsewhere', failed({ url: elsewhere, statusCode: 401 })],
    ['of nobody knows whom', failed({ status: 402 })],
    ['that is short enough', coded('REQUEST_FAILED', { status: 429, retryAfterMs: 60_000 })],
    ['that will do at another time', coded('REQUEST_FAILED', { status: 503, retryAfterMs: 600_000 })],
    ['without a status', coded('REQUEST_FAILED')],
  ])('but not for a refusal %s', (_what, error) => {
    expect(hopelessness(error, false)).toBeUndefined();
  });
});

test('errors are the same whatever ids, times and quotations are in them', () => {
  const refused = (words: string, status = 503): Error => coded('REQUEST_FAILED', { status }, words);
  const said = (message: string, status = 503): string =>
    sameness(Object.assign(refused('', status), { message }));
  const one = said('"m" answered 503 no capacity (request id: req_aBcDeF) after 1.25 s "x"\nmore');
  expect(said('"m" answered 503 no capacity (request id: req_zZz) after 12.5 s "y y"')).toBe(one);
  expect(said('"m" answered 503 no memory (request id: req_aBcDeF) after 1.25 s "x"')).not.toBe(one);
  expect(said('"m" answered 500 no capacity (request id: req_aBcDeF) after 1.25 s "x"', 500)).not.toBe(one);
  expect(sameness(new Error('socket 7f00-12ab hung up'))).toBe(
    sameness(new Error('socket 8a11-98cd hung up')),
  );
});

test('the entry of an error has the line of the user, if there is one', () => {
  expect(entry(new Error('here')).thrownAt).toMatch(/^error-kind\.test\.ts:\d+:\d+$/);
  expect(entry('a text')).not.toHaveProperty('thrownAt');
});

test('the entry of an error has its causes to the end', () => {
  const socket = new Error('connect ECONNREFUSED 127.0.0.1:1');
  const failed = new TypeError('fetch failed', { cause: socket });
  expect(entry(new Error('Connection error.', { cause: failed })).message).toBe(
    'Connection error: fetch failed: connect ECONNREFUSED 127.0.0.1:1',
  );
  expect(entry(new Error('no: fetch failed', { cause: failed })).message).toBe(
    'no: fetch failed: connect ECONNREFUSED 127.0.0.1:1',
  );
  expect(entry(coded('EVAL_FAILED', {}, failed)).message).toBe('EVAL_FAILED');
  expect(entry(circular()).message).toBe('circle');
});

const trap = (): never => {
  throw new Error('gotcha');
};
test.each([
  ['a stack that throws', Object.defineProperty(new Error('x'), 'stack', { get: trap })],
  ['a cause that throws', Object.defineProperty(new Error('x'), 'cause', { get: trap })],
  ['a status that throws', Object.defineProperty(new Error('x'), 'status', { get: trap })],
  ['a message that is no text', Object.assign(new Error('x'), { message: Object.create(null) as string })],
  ['no prototype', Object.create(null) as object],
  ['nothing that may be read', new Proxy({}, { get: trap, has: trap })],
])('for what was thrown with %s, another error stands', (_what, thrown) => {
  const message = 'What was thrown cannot be read: its fields throw, or are no texts.';
  for (const isLate of [false, true])
    expect(legible(thrown, [], { root: __dirname, isLate, isOfModels: false })).toEqual({
      cause: new Error(message),
      entry: expect.objectContaining({ kind: isLate ? 'timeout' : 'user', message }) as object,
    });
});

test.each([[undefined], [null], ['text'], [Symbol('s')], [Object.freeze(new Error('x'))]])(
  'what can be read stays what it is: %p',
  (thrown) => {
    const { cause, entry: kept } = legible(thrown, leased, {
      root: __dirname,
      isLate: false,
      isOfModels: false,
    });
    expect(cause).toBe(thrown);
    expect(kept).toEqual(entry(thrown));
  },
);
