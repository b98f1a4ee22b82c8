import { ScoreValues } from '../../../src/evals/summary/score-values';

test('samples have the values of their trials, in order, and those without any have none', () => {
  const values = new ScoreValues();
  values.add(2, true);
  values.add(0, null);
  values.add(2, false);
  values.add(2, null);
  expect([0, 1, 2, 3].map((sample) => values.of(sample))).toEqual([[null], [], [true, false, null], []]);
  expect(values.hasNumbers).toBe(false);
  values.add(1, 0);
  expect([values.of(1), values.hasNumbers, values.hasMeasures]).toEqual([[0], true, false]);
  values.add(3, 0.5);
  expect(values.hasMeasures).toBe(true);
});

test('the kind of a score is what its scorer says, and real if two scorers of one name say both', () => {
  const values = new ScoreValues();
  values.add(0, 1);
  expect(values.kind).toBeUndefined();
  values.add(1, 1, 'binary');
  expect(values.kind).toBe('binary');
  values.add(2, 1, 'real');
  values.add(3, 1, 'binary');
  expect(values.kind).toBe('real');
});

test('the range of a score is what its scorer says, and around both if two scorers of one name differ', () => {
  const values = new ScoreValues();
  values.add(0, 1);
  expect(values.range).toBeUndefined();
  values.add(1, 1, 'real', [1, 5]);
  expect(values.range).toEqual([1, 5]);
  values.add(2, 1, 'real', [0, 3]);
  expect(values.range).toEqual([0, 5]);
});
