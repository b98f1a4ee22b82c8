import { AdaptiveLimit } from '../../src/base/adaptive-limit';

function entered(limit: AdaptiveLimit, count: number): { inFlight: number } {
  const state = { inFlight: 0 };
  for (let index = 0; index < count; index++) {
    const wait = limit.enter();
    if (wait === undefined) state.inFlight += 1;
    else void wait.then(() => (state.inFlight += 1));
  }
  return state;
}

test('no more enter than the limit allows, and one that leaves lets one in', async () => {
  const limit = new AdaptiveLimit(2);
  const state = entered(limit, 3);
  expect(state.inFlight).toBe(2);
  limit.leave();
  await Promise.resolve();
  expect(state.inFlight).toBe(3);
});

test('too many halve what is in flight, once for all that were sent before', () => {
  const limit = new AdaptiveLimit(16);
  entered(limit, 16);
  limit.slowDown(0, 10);
  limit.slowDown(5, 12);
  expect(limit.current).toBe(8);
  limit.slowDown(11, 20);
  expect(limit.current).toBe(4);
});

test('where there is no limit, the half of those in flight becomes it', () => {
  const limit = new AdaptiveLimit(Infinity);
  expect(entered(limit, 11).inFlight).toBe(11);
  limit.succeeded();
  expect(limit.current).toBe(Infinity);
  limit.slowDown(0, 1);
  expect(limit.current).toBe(5);
});

test('one is always allowed', () => {
  const limit = new AdaptiveLimit(1);
  entered(limit, 1);
  limit.slowDown(0, 1);
  expect(limit.current).toBe(1);
});

test('each round of successes lets one more in, up to where it began', () => {
  const limit = new AdaptiveLimit(4);
  entered(limit, 4);
  limit.slowDown(0, 1);
  expect(limit.current).toBe(2);
  const found: number[] = [];
  for (let count = 0; count < 7; count++) {
    limit.succeeded();
    found.push(limit.current);
  }
  expect(found).toEqual([2, 3, 3, 3, 4, 4, 4]);
});

test('it may be let grow, which lets in what waits', async () => {
  const limit = new AdaptiveLimit(2);
  const state = entered(limit, 3);
  limit.slowDown(0, 1);
  limit.grow();
  await Promise.resolve();
  expect([limit.current, state.inFlight]).toEqual([2, 2]);
  limit.leave();
  await Promise.resolve();
  expect(state.inFlight).toBe(3);
});
