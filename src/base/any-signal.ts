import { AbortController, AbortSignal } from './real-globals';

const sourcesOf = new WeakMap<AbortSignal, readonly AbortSignal[]>();

/**
 * A signal that aborts with the first of `signals`, as that of `AbortSignal.any()`, and keeps them while it is
 * in use itself. Node forgets a source that nobody else holds, as a rule that of `AbortSignal.timeout()`, and
 * the limit is then none: https://github.com/nodejs/node/issues/57736
 *
 * @param signals also those of a page, such as jsdom's, which Node does not take for signals.
 */
export function anySignal(...signals: readonly AbortSignal[]): AbortSignal {
  // eslint-disable-next-line no-restricted-properties -- the one place
  const any = AbortSignal.any(signals.map(ofNode));
  sourcesOf.set(any, signals);
  return any;
}

const followers = new WeakMap<AbortSignal, AbortSignal>();

/** One of Node's that aborts with it; the same each time, for many requests may share a signal. */
function ofNode(signal: AbortSignal): AbortSignal {
  if ((signal as unknown) instanceof AbortSignal) return signal;
  const known = followers.get(signal);
  if (known !== undefined) return known;
  const follower = new AbortController();
  const follow = (): void => follower.abort(signal.reason);
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  followers.set(signal, follower.signal);
  return follower.signal;
}
