import { maxTimerMs, validateConstraints } from '../../src/pattern/constraints';
import { thrown } from '../support/thrown';

const good = {
  maxLive: 1,
  sharing: 'shared',
  retain: 'lease',
  startTimeoutMs: 5000,
  stopTimeoutMs: 5000,
} as const;
const loop: Record<string, unknown> = {};
loop['self'] = loop;

const wanted = {
  maxLive: 'a whole number of at least 1, or Infinity for no limit',
  sharing: "'shared', 'exclusive' or 'perLease'",
  retain: "'lease', 'session' or { idleMs: milliseconds }",
  startTimeoutMs: 'a number of milliseconds from 1 to 2147483647',
  stopTimeoutMs: 'a number of milliseconds from 1 to 2147483647',
};
type Name = keyof typeof wanted;

test.each([
  {},
  { maxLive: Infinity },
  { maxLive: 8 },
  { sharing: 'exclusive' },
  { sharing: 'perLease' },
  { retain: 'session' },
  { retain: { idleMs: 1 } },
  { startTimeoutMs: 1, stopTimeoutMs: maxTimerMs },
])('constraints with %j are accepted', (change) => {
  expect(() => validateConstraints('mine', { ...good, ...change })).not.toThrow();
});

test.each(Object.keys(wanted) as Name[])(
  'constraints without %s are refused, with what it must be',
  (name) => {
    const error = thrown(() => validateConstraints('mine', { ...good, [name]: undefined }));
    expect(error).toMatchObject({
      code: 'PROVIDER_INVALID',
      message: `Provider "mine": constraints.${name} is missing; it must be ${wanted[name]}.`,
      details: { provider: 'mine', constraint: name },
    });
  },
);

const notDurations: [unknown, string][] = [
  [0, '0'],
  [-1, '-1'],
  [0.5, '0.5'],
  [NaN, 'NaN'],
  [Infinity, 'Infinity'],
  [maxTimerMs + 1, '2147483648'],
  ['5s', '"5s"'],
  [5n, '5'],
  [null, 'null'],
];
const absurd: [Name, unknown, string][] = [
  ['maxLive', 0, '0'],
  ['maxLive', -1, '-1'],
  ['maxLive', 1.5, '1.5'],
  ['maxLive', NaN, 'NaN'],
  ['maxLive', '1', '"1"'],
  ['maxLive', true, 'true'],
  ['maxLive', null, 'null'],
  ['maxLive', [2], '[2]'],
  ['sharing', 'Shared', '"Shared"'],
  ['sharing', '', '""'],
  ['sharing', ['shared'], '["shared"]'],
  ['retain', 'forever', '"forever"'],
  ['retain', true, 'true'],
  ['retain', null, 'null'],
  ['retain', {}, '{}'],
  ['retain', { idleMs: 0 }, '{"idleMs":0}'],
  ['retain', { idleMs: '5' }, '{"idleMs":"5"}'],
  ...notDurations.map(([value, shown]): [Name, unknown, string] => ['startTimeoutMs', value, shown]),
  ...notDurations.map(([value, shown]): [Name, unknown, string] => ['stopTimeoutMs', value, shown]),
];

test.each(absurd.map(([name, value, shown]) => ({ name, value, shown })))(
  'constraints.$name of $shown is refused, with what it must be',
  ({ name, value, shown }) => {
    const error = thrown(() => validateConstraints('mine', { ...good, [name]: value }));
    expect(error).toMatchObject({
      code: 'PROVIDER_INVALID',
      message: `Provider "mine": constraints.${name} is ${shown}; it must be ${wanted[name]}.`,
      details: { provider: 'mine', constraint: name },
    });
  },
);

test.each([
  ['an object within itself', loop],
  ['a bigint in an object', { idleMs: 1n }],
])('a constraint that JSON cannot show, %s, is refused all the same', (_what, value) => {
  const error = thrown(() => validateConstraints('mine', { ...good, sharing: value }));
  expect(error.code).toBe('PROVIDER_INVALID');
  expect(error.message).toMatch('constraints.sharing is');
});

test.each([undefined, null, 'shared', 3])(
  'a provider with the constraints %p is told which ones to give',
  (constraints) => {
    const error = thrown(() => validateConstraints('mine', constraints));
    expect(error).toMatchObject({ code: 'PROVIDER_INVALID', details: { provider: 'mine' } });
    expect(error.message).toBe(
      'Provider "mine" has no constraints: give it a "constraints" property with maxLive, sharing, retain, startTimeoutMs, stopTimeoutMs.',
    );
  },
);
