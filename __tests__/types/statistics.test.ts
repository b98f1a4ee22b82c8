// Checked by the compiler (npm run typecheck): each line that must not compile says so.
import {
  compare,
  compareAll,
  estimate,
  evaluateGate,
  passAll,
  reduceTrials,
  type Gate,
  type GateOutcome,
  type GateSummary,
  type SampleScore,
} from 'jest-model-provider';

const samples: SampleScore[] = [
  { id: 'x', value: true },
  { id: 'y', value: 0 },
];

test('what reduceTrials gives is what estimate and compare take', () => {
  const reduced = reduceTrials([{ id: 'x', value: null }, ...samples], passAll(1));
  expect(estimate(reduced).mean).toBe(0.5);
  expect(compare(reduced, samples).difference).toBe(0);
  expect(compareAll({ one: reduced, other: samples })).toHaveLength(1);
});

test('an estimate is what a gate takes', () => {
  const { n, ...found } = estimate(samples);
  const summary: GateSummary = { samples: n, errors: 0, scores: [{ name: 'right', count: n, ...found }] };
  const outcome: GateOutcome = evaluateGate({ right: { min: 0.9, by: 'mean' } }, summary).outcome;
  expect(outcome).toBe('fail');
});

test('an interval may be missing, and has to be asked for', () => {
  // @ts-expect-error there may be none
  expect(() => estimate([{ id: 'x', value: 37 }]).interval.low).toThrow(TypeError);
});

test('a sample has a value, and options are known ones', () => {
  // @ts-expect-error null is no value: it does not count
  expect(() => estimate([{ id: 'x', value: null }])).toThrow('Sample "x" has the value null');
  // @ts-expect-error there is no such test
  expect(() => compare(samples, samples, { test: 'wilcoxon' })).toThrow('auto, t, permutation');
  // @ts-expect-error there is no such method
  expect(() => estimate(samples, { method: 'wald' })).toThrow('method is "wald"; it must be one of auto');
  // @ts-expect-error there is no such number
  const gate: Gate = { right: { min: 0.8, by: 'median' } };
  expect(() => evaluateGate(gate, { samples: 1, errors: 0, scores: [] })).toThrow('median');
});
