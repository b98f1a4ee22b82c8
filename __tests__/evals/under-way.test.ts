import { UnderWay, type Endable } from '../../src/evals/under-way';

/** Notes how it was ended. */
class Noted implements Endable {
  readonly ended: Promise<{ reason: Error; isLate: boolean }>;
  isEnded = false;
  end!: (reason: Error, isLate: boolean) => void;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.end = (reason, isLate) => {
        this.isEnded = true;
        resolve({ reason, isLate });
      };
    });
  }
}

const timeouts = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('what takes too long is ended, each when its own time is up, and what is no longer under way is not', async () => {
  const underWay = new UnderWay(30);
  const [first, answered, second] = [new Noted(), new Noted(), new Noted()];
  underWay.add(first);
  underWay.add(answered);
  await new Promise((resolve) => setTimeout(resolve, 15));
  underWay.add(second);
  underWay.delete(answered);
  const { reason, isLate } = await first.ended;
  expect([isLate, reason.message]).toEqual([true, 'took longer than its 30 ms']);
  expect(await second.ended).toMatchObject({ isLate: true });
  expect(answered.isEnded).toBe(false);
});

test('what comes after a time without anything has its whole time', async () => {
  const underWay = new UnderWay(20);
  const first = new Noted();
  underWay.add(first);
  await first.ended;
  const start = performance.now();
  const second = new Noted();
  underWay.add(second);
  await second.ended;
  expect(performance.now() - start).toBeGreaterThanOrEqual(19);
});

test('when the run ends, all of it ends with the reason, and nothing is added any more', async () => {
  const underWay = new UnderWay(60_000);
  const both = [new Noted(), new Noted()];
  for (const each of both) underWay.add(each);
  const stop = new Error('stop');
  underWay.endAll(stop);
  for (const { ended } of both) expect(await ended).toEqual({ reason: stop, isLate: false });
  expect(underWay.ending.aborted).toBe(true);
  expect(() => underWay.add(new Noted())).toThrow(stop);
  underWay.close();
});

test('one timer watches all, and none is left behind', () => {
  const before = timeouts();
  const underWay = new UnderWay(60_000);
  for (let count = 0; count < 5; count++) underWay.add(new Noted());
  expect(timeouts()).toBe(before + 1);
  underWay.close();
  expect(timeouts()).toBe(before);
});
