import { priceOf } from '../../../src/evals/costs/model-price';
import type { LeaseOrigin } from '../../../src/pattern/lease-origin';

const [label, spec, name] = [1, 2, 3].map((input) => ({ input, output: 1 }));
const origin = (baseURL: string, command: string | null = null): LeaseOrigin => ({
  facts: { command, startMs: 1 },
  connection: { baseURL },
});
const remote = origin('https://api.example/v1');

test.each([
  ['its label', { fast: label!, 'openai:m': spec!, m: name! }, label],
  ['its spec, if its label has none', { 'openai:m': spec!, m: name! }, spec],
  ['its name, if its spec has none either', { m: name!, other: label! }, name],
])('the price of a model is that of %s', (_, prices, price) => {
  expect(priceOf(prices, { label: 'fast', spec: 'openai:m', origin: remote })).toBe(price);
});

test('a name may have colons and slashes', () => {
  expect(priceOf({ 'org/m:7b': name! }, { spec: 'openai:org/m:7b', origin: remote })).toBe(name);
});

test('what every object has is no price', () => {
  expect(priceOf({}, { spec: 'openai:constructor', origin: remote })).toBe('unpriced');
});

test.each([
  ['an endpoint elsewhere', remote, 'unpriced'],
  [
    'an endpoint of a name that begins like one of this machine',
    origin('http://localhost.example'),
    'unpriced',
  ],
  ['an endpoint on this machine', origin('http://127.0.0.1:8000/v1'), 'own machine'],
  ['an endpoint on this machine, by name', origin('http://localhost:8000/v1'), 'own machine'],
  ['an endpoint on this machine, by IPv6', origin('http://[::1]:8000/v1'), 'own machine'],
  [
    'a server that was launched, wherever it answers',
    origin('http://10.0.0.7/v1', 'vllm serve'),
    'own machine',
  ],
  [
    'what has neither a server nor an address',
    { facts: { command: null, startMs: 1 }, connection: {} },
    'unpriced',
  ],
  ['what nothing is known of', undefined, 'unpriced'],
] as const)('without a price %s is %s', (_, given, price) => {
  expect(priceOf({}, { spec: 'mine:m', origin: given })).toBe(price);
});
