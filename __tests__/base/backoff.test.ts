import { backoffMs } from '../../src/base/backoff';

test('the time to wait doubles, and is spread around that', () => {
  const times = (random: number): number[] => [1, 2, 3].map((retry) => backoffMs(retry, random));
  expect(times(0.5)).toEqual([500, 1000, 2000]);
  expect(times(0)).toEqual([250, 500, 1000]);
  expect(times(1)).toEqual([750, 1500, 3000]);
  expect(new Set(Array.from({ length: 20 }, () => backoffMs(1))).size).toBeGreaterThan(1);
});

test('no wait is longer than a minute', () => {
  expect(backoffMs(20)).toBe(60_000);
});
