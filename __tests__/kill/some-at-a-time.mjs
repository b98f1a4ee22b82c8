/** Calls `work` with each of `plans` in their order, with so many at a time, and waits for all. */
export async function someAtATime(jobs, plans, work) {
  const waiting = [...plans];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}
