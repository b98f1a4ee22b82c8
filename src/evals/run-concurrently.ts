/**
 * Runs `run` for what `items` yields, several at a time. An item is asked for when it can be run, so that no more of them exist
 * than are running. When `items` or a run fails, no more are begun, and those under way end before the promise rejects.
 */
export async function runConcurrently<Item>(
  items: AsyncGenerator<Item>,
  concurrency: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  // All take from one generator. It answers one after the other, and the loop that fails ends it for all.
  const worker = async (): Promise<void> => {
    for await (const item of items) await run(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
