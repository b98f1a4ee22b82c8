const followers = new WeakMap<AbortSignal, Set<AbortController>>();

/**
 * Has `controller` abort with any of `signals`. It costs less than `AbortSignal.any()`, and must be ended: a signal may
 * live for longer than what follows it.
 *
 * @returns how to end that.
 */
export function follow(controller: AbortController, ...signals: readonly AbortSignal[]): () => void {
  for (const signal of signals) followersOf(signal).add(controller);
  const aborted = signals.find((signal) => signal.aborted);
  if (aborted !== undefined) controller.abort(aborted.reason);
  return () => {
    for (const signal of signals) followersOf(signal).delete(controller);
  };
}

/** One listener serves them all: Node warns of a signal that has more than ten. */
function followersOf(signal: AbortSignal): Set<AbortController> {
  const known = followers.get(signal);
  if (known !== undefined) return known;
  const made = new Set<AbortController>();
  followers.set(signal, made);
  signal.addEventListener('abort', () => made.forEach((controller) => controller.abort(signal.reason)));
  return made;
}
