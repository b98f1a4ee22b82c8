import { ScoreValues } from '../../src/evals/score-values';

test('samples have the values of their trials, in order, and those without any have none', () => {
  const values = new ScoreValues();
  values.add(2, true);
  values.add(0, null);
  values.add(2, false);
  values.add(2, null);
  expect([0, 1, 2, 3].map((sample) => values.of(sample))).toEqual([[null], [], [true, false, null], []]);
  expect(values.hasNumbers).toBe(false);
  values.add(1, 0);
  expect([values.of(1), values.hasNumbers]).toEqual([[0], true]);
});
