import { CallCosts } from '../../../src/evals/execution/call-costs';
import { noteOrigin } from '../../../src/pattern/lease-origin';
import type { CallFacts, ModelCall } from '../../../src/pattern/model-calls';
import type { Prices } from '../../../src/pattern/prices';

const usage = { promptTokens: 1000, completionTokens: 500 };

interface Costing {
  readonly costs: CallCosts;
  readonly paid: number[];
  /** The prices of calls whose cost nobody knows. */
  readonly unknown: unknown[];
  call(facts?: Partial<CallFacts>): ModelCall;
}

/** Calls of `openai:m`, which the evaluation knows as `fast`. */
function costing(prices: Prices, { baseURL = 'https://api.example/v1', label = 'fast' } = {}): Costing {
  const lease = new AbortController().signal;
  noteOrigin(lease, { facts: { command: null, startMs: 1 }, connection: { baseURL } });
  const around = [{ label, handle: { isOf: (other: AbortSignal) => other === lease } }] as never;
  const [paid, unknown]: [number[], unknown[]] = [[], []];
  const payer = {
    paid: (cost: number) => void paid.push(cost),
    unknown: (_call: ModelCall, price: unknown) => void unknown.push(price),
  };
  const call = (facts: Partial<CallFacts> = {}): ModelCall => ({
    spec: 'openai:m',
    lease,
    facts: { ms: 1, ...facts },
  });
  return { costs: new CallCosts(prices, around, payer), paid, unknown, call };
}

const price = { input: 2, output: 4 };

test('a call costs its tokens by the price of the label under which its model is leased, and is paid', () => {
  const { costs, paid, unknown, call } = costing({ fast: price, 'openai:m': { input: 9, output: 9 } });
  expect(costs.of(call({ usage }))).toEqual({ cost: 0.004 });
  expect([paid, unknown]).toEqual([[0.004], []]);
});

test('a call of what has no price has no cost, and nobody knows it', () => {
  const { costs, paid, unknown, call } = costing({});
  expect(costs.of(call({ usage }))).toEqual({});
  expect([paid, unknown]).toEqual([[], ['unpriced']]);
});

test('a priced call without tokens has no cost, and nobody knows it', () => {
  const { costs, unknown, call } = costing({ m: price });
  expect(costs.of(call())).toEqual({});
  expect(unknown).toEqual([price]);
});

test('a call that the endpoint refuses costs nothing; of one that broke off nobody says what', () => {
  const { costs, paid, unknown, call } = costing({ m: price });
  expect(costs.of(call({ error: 'slow down', status: 429 }))).toEqual({ cost: 0 });
  expect(costs.of(call({ error: 'socket hang up' }))).toEqual({});
  expect(costs.of(call({ error: 'cut', status: 200, usage }))).toEqual({ cost: 0.004 });
  expect([paid, unknown]).toEqual([[0, 0.004], []]);
});

test('a call of a server of this machine costs nothing', () => {
  const { costs, paid, unknown, call } = costing({}, { baseURL: 'http://127.0.0.1:1/v1' });
  expect(costs.of(call())).toEqual({ cost: 0, isOwnMachine: true });
  expect([paid, unknown]).toEqual([[], []]);
});

test('a recorded answer costs nothing, and no time of its server', () => {
  const { costs, paid, unknown, call } = costing({ fast: { pricePerHour: 3600 } });
  expect(costs.of(call({ ms: 2000, replayed: true, usage }))).toEqual({ cost: 0 });
  expect(costs.of(call({ ms: 1000 })).cost).toBeCloseTo(1, 6);
  expect([paid.length, unknown]).toEqual([1, []]);
});

test('of a recorded answer it is known what its tokens would cost, and nobody pays', () => {
  const { costs, paid, unknown, call } = costing({ fast: price });
  expect(costs.of(call({ usage, replayed: true }))).toEqual({ cost: 0, wouldCost: 0.004 });
  expect(costs.of(call({ replayed: true }))).toEqual({ cost: 0 });
  expect([paid, unknown]).toEqual([[], []]);
});

test('the time of a server costs each moment once, tokens or not', () => {
  const { costs, paid, call } = costing(
    { fast: { pricePerHour: 3600 } },
    { baseURL: 'http://127.0.0.1:1/v1' },
  );
  const first = costs.of(call({ ms: 2000 })).cost ?? NaN;
  const second = costs.of(call({ ms: 1000 })).cost ?? NaN;
  expect(first).toBeCloseTo(2, 6);
  // All of it but the moment between the two was paid with the first.
  expect(second).toBeLessThan(0.5);
  expect(paid).toEqual([first, second]);
});
