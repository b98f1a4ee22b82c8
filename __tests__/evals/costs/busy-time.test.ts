import { array, assert, integer, property, tuple } from 'fast-check';
import { BusyTime } from '../../../src/evals/costs/busy-time';

test('each moment counts once, however many calls there are at once', () => {
  const busy = new BusyTime();
  expect([busy.add(0, 10), busy.add(5, 12), busy.add(11, 12), busy.add(20, 25)]).toEqual([10, 2, 0, 5]);
  // A long call ends after those that were within it.
  expect(busy.add(1, 30)).toBe(30 - 25 + (20 - 12));
});

test('the sum is the time in which at least one call was under way, for any calls', () => {
  assert(
    property(array(tuple(integer({ min: 0, max: 60 }), integer({ min: 1, max: 20 }))), (calls) => {
      const busy = new BusyTime();
      const ended = calls.map(([from, ms]) => [from, from + ms] as const).sort((a, b) => a[1] - b[1]);
      const total = ended.reduce((sum, [from, to]) => sum + busy.add(from, to), 0);
      const moments = new Set(ended.flatMap(([from, to]) => range(from, to)));
      return total === moments.size;
    }),
  );
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
