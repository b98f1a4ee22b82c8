import { errorKind, isPassing, isTooMany, retryAfterMs } from '../../src/evals/error-kind';
import { ModelProviderError, type ErrorCode } from '../../src/pattern/errors';

const coded = (code: ErrorCode, details = {}, cause?: unknown): Error =>
  new ModelProviderError(code, code, { details, cause });

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
  ['the SDK of OpenAI, 500', Object.assign(new Error(), { status: 500 })],
  [
    'the SDK of OpenAI, without an answer',
    Object.assign(new Error('Connection error.'), {
      cause: Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }),
    }),
  ],
  ['the time limit of the SDK of OpenAI', new (class APIConnectionTimeoutError extends Error {})()],
  ["a judge's endpoint", coded('SCORER_FAILED', {}, coded('REQUEST_FAILED', { status: 502 }))],
])('%s is an infrastructure error', (_what, error) => {
  expect(errorKind(error)).toBe('infrastructure');
});

test.each<[string, unknown]>([
  ['a wrong request', coded('REQUEST_FAILED', { status: 400 })],
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
  expect(isPassing(coded('REQUEST_FAILED', { status: 503 }))).toBe(true);
});

test('too many requests are told, and when to come back', () => {
  const error = coded('REQUEST_FAILED', { status: 429, retryAfterMs: 1500 });
  expect([isTooMany(error), retryAfterMs(error)]).toEqual([true, 1500]);
  expect(retryAfterMs(new Error())).toBeUndefined();
});

test('the errors of the SDK of OpenAI say when to come back in their headers', () => {
  const refused = (value: string): Error =>
    Object.assign(new Error(), { status: 429, headers: new Headers({ 'retry-after': value }) });
  expect(retryAfterMs(refused('2'))).toBe(2000);
  const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
  expect(Math.abs((retryAfterMs(refused(inAnHour)) ?? 0) - 3_600_000)).toBeLessThan(5000);
  expect(retryAfterMs(refused('soon'))).toBeUndefined();
});
