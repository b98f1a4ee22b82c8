import { WorstSamples } from '../../../src/evals/summary/worst-samples';
import { sample } from '../log/records';

const valued = (index: number, value: number | boolean | null): Parameters<WorstSamples['add']>[0] =>
  sample({ id: String(index), index, scores: [{ name: 'x', value }] });

function kept(...records: Parameters<WorstSamples['add']>[0][]): string[] {
  const worst = new WorstSamples();
  for (const record of records) worst.add(record);
  return worst.list.map(({ id }) => id);
}

test('errors come first, then the lowest scores; of equal ones the first', () => {
  const failed = sample({ id: 'e', scores: [], error: { kind: 'user', message: 'x' } });
  expect(kept(valued(1, 0.5), valued(2, false), valued(3, false), failed, valued(4, 0.25))).toEqual([
    ...['e', '2', '3', '4', '1'],
  ]);
});

test('what is right, or has no value, is none of them', () => {
  expect(kept(valued(1, true), valued(2, 1), valued(3, null), valued(4, 0.99))).toEqual(['4']);
  expect(kept(valued(1, 0.1 + 0.7 + 0.1 + 0.1))).toEqual([]);
});

test('twenty are kept, however many there are', () => {
  const many = Array.from({ length: 100 }, (_, index) => valued(index, 1 - (index + 1) / 200));
  const list = kept(...many);
  expect(list).toHaveLength(20);
  expect(list[0]).toBe('99');
  expect(list.at(-1)).toBe('80');
});

test('long texts are cut', () => {
  const worst = new WorstSamples();
  const response = `${'r'.repeat(198)}👍${'r'.repeat(300)}`;
  worst.add(sample({ input: 'i'.repeat(500), response, scores: [{ name: 'x', value: 0 }] }));
  const [found] = worst.list;
  expect([found?.input.length, found?.response]).toEqual([200, `${'r'.repeat(198)}…`]);
});

test('an error has the line of the user, if one is known', () => {
  const worst = new WorstSamples();
  const error = { kind: 'user', message: 'x' } as const;
  worst.add(sample({ scores: [], error: { ...error, thrownAt: 'a.eval.ts:3:7' } }));
  worst.add(sample({ scores: [], error }));
  expect(worst.list.map((kept) => kept.thrownAt)).toEqual(['a.eval.ts:3:7', undefined]);
  expect(worst.list[1]).not.toHaveProperty('thrownAt');
});
