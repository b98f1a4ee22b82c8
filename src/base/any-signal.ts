const sourcesOf = new WeakMap<AbortSignal, readonly AbortSignal[]>();

/**
 * A signal that aborts with the first of `signals`, as that of `AbortSignal.any()`, and keeps them while it is
 * in use itself. Node forgets a source that nobody else holds, as a rule that of `AbortSignal.timeout()`, and
 * the limit is then none: https://github.com/nodejs/node/issues/57736
 */
export function anySignal(...signals: readonly AbortSignal[]): AbortSignal {
  // eslint-disable-next-line no-restricted-properties -- the one place
  const any = AbortSignal.any([...signals]);
  sourcesOf.set(any, signals);
  return any;
}
