import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { runConcurrently } from '../../../src/evals/execution/run-concurrently';

/** Counts what it has yielded, up to `count`, and whether it was closed. */
class Source {
  yielded = 0;
  isClosed = false;

  async *upTo(count: number): AsyncGenerator<number, void, undefined> {
    try {
      while (this.yielded < count) {
        await setImmediate();
        yield this.yielded++;
      }
    } finally {
      this.isClosed = true;
    }
  }
}

test('runs everything once, and never has more items than may run at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 8 }),
      async (count, concurrency) => {
        const source = new Source();
        const done: number[] = [];
        let most = 0;
        await runConcurrently(source.upTo(count), concurrency, async (item) => {
          most = Math.max(most, source.yielded - done.length);
          for (let turns = item % 3; turns > 0; turns -= 1) await setImmediate();
          done.push(item);
        });
        expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, item) => item));
        expect(most).toBeLessThanOrEqual(concurrency);
        expect(source.isClosed).toBe(true);
      },
    ),
    { numRuns: 30 },
  );
});

test('runs as many at once as it may', async () => {
  let running = 0;
  let most = 0;
  await runConcurrently(new Source().upTo(20), 5, async () => {
    running += 1;
    most = Math.max(most, running);
    while (most < 5) await setImmediate();
    running -= 1;
  });
  expect(most).toBe(5);
});

test('when the items fail, those in flight end, and then the error comes', async () => {
  const error = new Error('line 3');
  const done: number[] = [];
  async function* failing(): AsyncGenerator<number, void, undefined> {
    yield 1;
    yield 2;
    throw error;
  }
  const work = runConcurrently(failing(), 4, async (item) => {
    await setImmediate();
    await setImmediate();
    done.push(item);
  });
  await expect(work).rejects.toBe(error);
  expect(done).toEqual([1, 2]);
});

test('when a run fails, no more are begun, and the source is closed', async () => {
  const source = new Source();
  const work = runConcurrently(source.upTo(100), 2, async (item) => {
    if (item === 3) throw new Error('broken');
  });
  await expect(work).rejects.toThrow('broken');
  expect(source.yielded).toBeLessThan(10);
  expect(source.isClosed).toBe(true);
});
