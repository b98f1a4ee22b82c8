import { exactly } from '../../../src/base/exactly';
import { tokenCost } from '../../../src/evals/costs/token-cost';
import { sampleCost } from '../../../src/evals/costs/sample-cost';
import { showCost } from '../../../src/evals/costs/show-cost';

const price = { input: 2, output: 8, cachedInput: 0.5 };

test('tokens cost what a million of them cost, divided by a million', () => {
  expect(tokenCost(price, { promptTokens: 1000, completionTokens: 100 })).toBe(0.0028);
  expect(tokenCost({ input: 0.15, output: 0.6 }, { promptTokens: 1, completionTokens: 2 })).toBe(1.35e-6);
});

test.each([
  ['at their price', { ...price }, { cachedTokens: 600 }, 0.0019],
  ['as the others, without a price of theirs', { input: 2, output: 8 }, { cachedTokens: 600 }, 0.0028],
  ['never more than there are tokens in the prompt', { ...price }, { cachedTokens: 5000 }, 0.0013],
])('cached tokens count %s', (_, given, cached, cost) => {
  expect(tokenCost(given, { promptTokens: 1000, completionTokens: 100, ...cached })).toBe(cost);
});

test('a prompt that is longer than the price is for has no known cost', () => {
  const bounded = { ...price, mostInputTokens: 1000 };
  expect(tokenCost(bounded, { promptTokens: 1000, completionTokens: 0 })).toBe(0.002);
  expect(tokenCost(bounded, { promptTokens: 1001, completionTokens: 0 })).toBeUndefined();
});

test('a sample costs what its calls cost, and nobody knows what if that of one is not known', () => {
  expect(sampleCost([{ cost: 0.1 }, { cost: 0.2 }])).toBe(0.3);
  expect(sampleCost([{ cost: 0 }])).toBe(0);
  expect(sampleCost([{ cost: 0.1 }, {}])).toBeUndefined();
  expect(sampleCost([])).toBeUndefined();
});

test('sums have no digits that rounding has added', () => {
  expect(exactly(0.1 + 0.2)).toBe(0.3);
});

test.each([
  [0, '0'],
  [0.00000435, '0.00000435'],
  [0.123456, '0.123'],
  [-0.5, '-0.5'],
  [1, '1.00'],
  [1234.5, '1,234.50'],
])('%d is shown as %s', (amount, shown) => {
  expect(showCost(amount)).toBe(shown);
});
