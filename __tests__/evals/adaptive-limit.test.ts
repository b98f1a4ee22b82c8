import { AdaptiveLimit } from '../../src/evals/adaptive-limit';

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

test('too many requests halve the limit, once for all that were sent before', () => {
  const limit = new AdaptiveLimit(16);
  limit.slowDown(0, 10);
  limit.slowDown(5, 12);
  expect(limit.current).toBe(8);
  limit.slowDown(11, 20);
  expect(limit.current).toBe(4);
});

test('one is always allowed', () => {
  const limit = new AdaptiveLimit(1);
  limit.slowDown(0, 1);
  expect(limit.current).toBe(1);
});

test('successes let the limit grow again, up to where it began', () => {
  const limit = new AdaptiveLimit(4);
  limit.slowDown(0, 1);
  for (let count = 0; count < 10; count++) limit.succeeded();
  expect(limit.current).toBe(3);
  for (let count = 0; count < 100; count++) limit.succeeded();
  expect(limit.current).toBe(4);
});
