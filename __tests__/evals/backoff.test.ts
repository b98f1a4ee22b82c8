import { backoffMs } from '../../src/evals/backoff';

const refused = (retryAfterMs: number): Error => Object.assign(new Error(), { details: { retryAfterMs } });

test('the time to wait doubles, and is spread around that', () => {
  const times = (random: number): number[] => [1, 2, 3].map((retry) => backoffMs(new Error(), retry, random));
  expect(times(0.5)).toEqual([500, 1000, 2000]);
  expect(times(0)).toEqual([250, 500, 1000]);
  expect(times(1)).toEqual([750, 1500, 3000]);
  expect(new Set(Array.from({ length: 20 }, () => backoffMs(new Error(), 1))).size).toBeGreaterThan(1);
});

test('a server that says when it wants to be asked again is heard', () => {
  expect(backoffMs(refused(1500), 1, 0)).toBe(1500);
  expect(backoffMs(refused(0), 3, 0)).toBe(0);
});

test('nobody waits longer than a minute', () => {
  expect(backoffMs(refused(3_600_000), 1)).toBe(60_000);
  expect(backoffMs(new Error(), 20)).toBe(60_000);
});
