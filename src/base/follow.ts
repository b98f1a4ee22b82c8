/**
 * Has `controller` abort with the first of `signals`. It costs less than `AbortSignal.any()`, and must be ended: a
 * signal may live much longer than what follows it.
 *
 * @returns how to end that.
 */
export function follow(controller: AbortController, ...signals: readonly AbortSignal[]): () => void {
  const ends = signals.map((signal) => {
    const abort = (): void => controller.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    return () => signal.removeEventListener('abort', abort);
  });
  return () => ends.forEach((end) => end());
}
