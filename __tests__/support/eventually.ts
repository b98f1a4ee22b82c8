import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds; fails after a time that no healthy machine needs. */
export async function eventually(condition: () => boolean, limitMs = 50_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Not true within ${limitMs} ms: ${condition}`);
    await sleep(10);
  }
}
