/** Items that come one by one, without a promise for each where none is needed: it costs as much as a quick sample. */
export type Source<Item> = Generator<Item, void, undefined> | AsyncGenerator<Item, void, undefined>;

/**
 * Runs `run` for what `items` yields, several at a time. An item is asked for when it can be run, so that no more of them exist
 * than are running. When `items` or a run fails, no more are begun, and those under way end before the promise rejects.
 */
export async function runConcurrently<Item>(
  items: Source<Item>,
  concurrency: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  // All take from one generator. It answers one after the other, and the loop that fails ends it for all.
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
