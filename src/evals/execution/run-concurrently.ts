import type { Source } from '../data-sets/data-set';

/**
 * Runs `run` for what `items` yields, several at a time. An item is asked for when it can be run, so that no
 * more of them exist than are running. When `items` or a run fails, no more are begun, and those in flight
 * end before the promise rejects.
 */
export async function runConcurrently<Item>(
  items: Source<Item>,
  concurrency: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  // All workers take from one generator, which answers one at a time. One that fails ends it for all.
  const worker = async (): Promise<void> => {
    try {
      for (;;) {
        const next = items.next();
        const { done, value } = 'then' in next ? await next : next;
        if (done === true) return;
        await run(value);
      }
    } finally {
      await items.return();
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
