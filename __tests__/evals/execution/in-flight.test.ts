import { InFlight, type Cancellable } from '../../../src/evals/execution/in-flight';

/** Notes how it was cancelled. */
class Noted implements Cancellable {
  readonly cancelled: Promise<{ reason: Error; isLate: boolean }>;
  isCancelled = false;
  cancel!: (reason: Error, isLate: boolean) => void;

  constructor() {
    this.cancelled = new Promise((resolve) => {
      this.cancel = (reason, isLate) => {
        this.isCancelled = true;
        resolve({ reason, isLate });
      };
    });
  }
}

const timeouts = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('what takes too long is cancelled, each when its own time is up, and what is no longer in flight is not', async () => {
  const inFlight = new InFlight(30);
  const [first, answered, second] = [new Noted(), new Noted(), new Noted()];
  inFlight.add(first);
  inFlight.add(answered);
  await new Promise((resolve) => setTimeout(resolve, 15));
  inFlight.add(second);
  inFlight.delete(answered);
  const { reason, isLate } = await first.cancelled;
  expect([isLate, reason.message]).toEqual([true, 'took longer than its 30 ms']);
  expect(await second.cancelled).toMatchObject({ isLate: true });
  expect(answered.isCancelled).toBe(false);
});

test('what comes after a time without anything has its whole time', async () => {
  const inFlight = new InFlight(20);
  const first = new Noted();
  inFlight.add(first);
  await first.cancelled;
  const start = performance.now();
  const second = new Noted();
  inFlight.add(second);
  await second.cancelled;
  expect(performance.now() - start).toBeGreaterThanOrEqual(19);
});

test('the time of what is held does not pass, and what is left of it passes afterwards', async () => {
  const inFlight = new InFlight(60);
  const [held, other] = [new Noted(), new Noted()];
  const begin = performance.now();
  inFlight.add(held);
  inFlight.hold(held);
  const spentMs = performance.now() - begin;
  inFlight.add(other);
  await other.cancelled;
  expect(held.isCancelled).toBe(false);
  const start = performance.now();
  inFlight.goOn(held);
  inFlight.hold(held);
  inFlight.goOn(held);
  expect(await held.cancelled).toMatchObject({ isLate: true });
  // A timer counts whole milliseconds.
  expect(performance.now() - start).toBeGreaterThan(60 - spentMs - 2);
});

test('what is no longer in flight cannot be held, and what was held leaves no timer', () => {
  const before = timeouts();
  const inFlight = new InFlight(60_000);
  const [gone, held, left] = [new Noted(), new Noted(), new Noted()];
  for (const each of [gone, held, left]) inFlight.add(each);
  inFlight.delete(gone);
  for (const each of [gone, held, left]) inFlight.hold(each);
  for (const each of [gone, held, left]) inFlight.goOn(each);
  expect(timeouts()).toBe(before + 3);
  inFlight.delete(held);
  expect(timeouts()).toBe(before + 2);
  inFlight.close();
  expect(timeouts()).toBe(before);
});

test('when the run ends, all of it is cancelled with the reason, and nothing is added any more', async () => {
  const inFlight = new InFlight(60_000);
  const both = [new Noted(), new Noted()];
  for (const each of both) inFlight.add(each);
  inFlight.hold(both[1]!);
  const stop = new Error('stop');
  inFlight.cancelAll(stop);
  for (const { cancelled } of both) expect(await cancelled).toEqual({ reason: stop, isLate: false });
  expect(inFlight.signal.aborted).toBe(true);
  expect(() => inFlight.add(new Noted())).toThrow(stop);
  inFlight.close();
});

test('one timer watches all, and none is left behind', () => {
  const before = timeouts();
  const inFlight = new InFlight(60_000);
  for (let count = 0; count < 5; count++) inFlight.add(new Noted());
  expect(timeouts()).toBe(before + 1);
  inFlight.close();
  expect(timeouts()).toBe(before);
});
