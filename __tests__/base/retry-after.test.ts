import fc from 'fast-check';
import { readRetryAfter } from '../../src/base/retry-after';

const now = Date.parse('2026-07-01T12:00:00Z');
const date = new Date(now).toUTCString();
const read = (headers: Record<string, unknown>): number | undefined =>
  readRetryAfter(Object.entries({ date, ...headers }));
const atUTC = (ms: number): string => new Date(now + ms).toUTCString();

test.each<[string, Record<string, unknown>, number]>([
  ['seconds', { 'retry-after': '3' }, 3000],
  ['parts of a second', { 'retry-after': '0.25' }, 250],
  ['a number', { 'retry-after': 4 }, 4000],
  ['another case', { 'Retry-After': ' 2 ' }, 2000],
  ['milliseconds, which are more exact', { 'retry-after-ms': '1234', 'retry-after': '2' }, 1234],
  ['seconds where the milliseconds are nonsense', { 'retry-after-ms': '-1', 'retry-after': '2' }, 2000],
  ['a date', { 'retry-after': atUTC(5000) }, 5000],
  ['a date of RFC 850', { 'retry-after': 'Wednesday, 01-Jul-26 12:00:07 GMT' }, 7000],
  ['a date of asctime', { 'retry-after': 'Wed Jul  1 12:00:08 2026' }, 8000],
  ['a date of RFC 3339', { 'retry-after': '2026-07-01T14:00:09+02:00' }, 9000],
  ['a duration', { 'retry-after': '1m30s' }, 90_000],
  ['seconds since 1970', { 'retry-after': String(now / 1000 + 10) }, 10_000],
  ['the reset of requests', { 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
  ['milliseconds of a reset', { 'x-ratelimit-reset-tokens': '12ms' }, 12],
  ['hours and parts of seconds', { 'x-ratelimit-reset-requests': '1h2m3.5s' }, 3_723_500],
  ['days', { 'x-ratelimit-reset-requests-day': '1d1s' }, 86_401_000],
  ['a reset in seconds', { 'x-ratelimit-reset': '30' }, 30_000],
  ['a reset as seconds since 1970', { 'x-ratelimit-reset': String(now / 1000 + 20) }, 20_000],
  ['a reset as milliseconds since 1970', { 'X-RateLimit-Reset': String(now + 20_500) }, 20_500],
  ["Anthropic's reset", { 'anthropic-ratelimit-input-tokens-reset': '2026-07-01T12:00:11Z' }, 11_000],
  ['seconds rather than a reset', { 'retry-after': '3', 'x-ratelimit-reset-requests': '6m0s' }, 3000],
  [
    'the reset of what is used up',
    {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '2s',
      'x-ratelimit-remaining-tokens': '9000',
      'x-ratelimit-reset-tokens': '6m0s',
    },
    2000,
  ],
  [
    'the last reset of what is used up',
    {
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-07-01T12:00:01Z',
      'anthropic-ratelimit-tokens-remaining': '0',
      'anthropic-ratelimit-tokens-reset': '2026-07-01T12:00:04Z',
    },
    4000,
  ],
])('reads %s', (_what, headers, ms) => {
  expect(read(headers)).toBe(ms);
});

const nonsense = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '-0.5',
    'NaN',
    'Infinity',
    'soon',
    'null',
    '1e3',
    '0x10',
    '1,5',
    '3 seconds',
    '..s',
  ],
  ...[
    'ms',
    '1s1m',
    '99999999999999999999',
    String(32 * 86_400),
    atUTC(-1000),
    atUTC(0),
    '2020-01-01T00:00:00Z',
  ],
  ...['Sun, 99 Nov 2026 08:49:37 GMT', '2026-07-01', String(now / 1000 - 5), String(now - 5)],
];
const names = [
  'retry-after',
  'x-ratelimit-reset',
  'x-ratelimit-reset-tokens',
  'anthropic-ratelimit-tokens-reset',
];
test.each(names.flatMap((name) => nonsense.map((value) => [name, value])))(
  '%s: %j says nothing',
  (name, value) => {
    expect(read({ [name]: value })).toBeUndefined();
  },
);

test('nothing is said by no header, by other headers, by a list, and by limits of which something remains', () => {
  expect(read({})).toBeUndefined();
  expect(read({ 'x-ratelimit-limit-requests': '-1', 'x-ratelimit-remaining-requests': '0' })).toBeUndefined();
  expect(read({ 'retry-after': ['3'] })).toBeUndefined();
  expect(read({ 'x-ratelimit-remaining': '5', 'x-ratelimit-reset': '30' })).toBeUndefined();
});

test("without the server's date a date counts from now", () => {
  const inAMinute = new Date(Date.now() + 60_000).toISOString();
  const ms = readRetryAfter(new Headers({ 'retry-after': inAMinute }));
  expect(Math.abs((ms ?? 0) - 60_000)).toBeLessThan(2000);
});

test('whatever a server says, the wait is longer than nothing and at most a month, or there is none', () => {
  const name = fc.constantFrom('date', 'retry-after-ms', ...names);
  const value = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.date({ noInvalidDate: true }).map((at) => at.toUTCString()),
    fc.stringMatching(/^[\d.dhms]{1,8}$/),
    fc.anything(),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (headers) => {
      const ms = readRetryAfter(headers);
      return ms === undefined || (ms > 0 && ms <= 31 * 86_400_000);
    }),
  );
});

test('durations of any size are read as they were written', () => {
  const part = fc.integer({ min: 0, max: 59 });
  fc.assert(
    fc.property(part, part, fc.integer({ min: 1, max: 59_999 }), (hours, minutes, ms) => {
      const said = read({ 'x-ratelimit-reset-requests': `${hours}h${minutes}m${ms / 1000}s` });
      return Math.abs((said ?? 0) - (hours * 3_600_000 + minutes * 60_000 + ms)) < 1e-3;
    }),
  );
});
