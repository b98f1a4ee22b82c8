import { callAs, type ModelCall } from '../../../src/pattern/model-calls';
import { OwnCaller } from '../../pattern/own-caller';

/** The calls that clients note while `run` runs. */
export async function observed(run: () => Promise<unknown>): Promise<{ calls: ModelCall[]; tookMs: number }> {
  const caller = new OwnCaller();
  const start = performance.now();
  await callAs(caller, run);
  return { calls: caller.calls, tookMs: performance.now() - start };
}

/** What an iterable yields, to its end. */
export async function all(stream: AsyncIterable<string>): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}
