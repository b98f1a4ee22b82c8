const { performance } = process.getBuiltinModule('node:perf_hooks');
const { setTimeout: sleep } = process.getBuiltinModule('node:timers/promises');

// Short at first: the pause is part of every switch from one small server to the next.
const pollMs = { least: 1, most: 10 };

/**
 * Polls `condition` until it holds. The pause between two calls is a twentieth of the time that has passed,
 * from 1 to 10 ms.
 *
 * @param limitMs milliseconds after which it gives up.
 * @param giveUp makes it give up when aborted.
 * @returns whether the condition held within the limit.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  limitMs: number,
  giveUp?: AbortSignal,
): Promise<boolean> {
  const start = performance.now();
  while (!(await condition())) {
    const elapsed = performance.now() - start;
    if (giveUp?.aborted === true || elapsed >= limitMs) return false;
    await sleep(Math.min(Math.max(elapsed / 20, pollMs.least), pollMs.most));
  }
  return true;
}
