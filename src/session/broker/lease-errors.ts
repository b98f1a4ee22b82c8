import { messageOf, ModelProviderError } from '../../base/errors';

interface Asked {
  readonly spec: string;
  readonly request: { readonly requester: string };
}

/** Requests that wait for each other in a cycle. */
export function deadlockError(
  refused: Asked,
  others: readonly Asked[],
  holders: readonly string[],
): ModelProviderError {
  const waiting = others.map(({ spec, request }) => `  "${spec}" is wanted by ${request.requester}`);
  return new ModelProviderError(
    'DEADLOCK',
    [
      `"${refused.spec}" can never be granted to ${refused.request.requester}: the request and the leases it waits for block each other.`,
      ...holders.map((holder) => `  ${holder}`),
      ...waiting,
      "What to do: tear the first handle down before asking for the second, lease both in the same order everywhere, or raise the provider's maxLive.",
    ].join('\n'),
    {
      details: {
        spec: refused.spec,
        requester: refused.request.requester,
        holders: [...holders],
        others: others.map(({ spec }) => spec),
      },
    },
  );
}

/** A place that is held by a resource which cannot be stopped. */
export function blockedError(refused: Asked, failure: unknown): ModelProviderError {
  return new ModelProviderError(
    'TEARDOWN_FAILED',
    `"${refused.spec}" has no place, because the resource that holds it cannot be stopped: ${messageOf(failure)}`,
    {
      details: { spec: refused.spec },
    },
  );
}

/** A request that its requester has given up. */
export function abortedError(spec: string): ModelProviderError {
  return new ModelProviderError('SETUP_ABORTED', `The setup of "${spec}" was given up by its requester.`, {
    details: { spec },
  });
}

/** A request that comes after the end of the session, or waits at that time. */
export function closedError(spec: string): ModelProviderError {
  return new ModelProviderError('SESSION_CLOSED', `"${spec}" is not set up: the session has ended.`, {
    details: { spec },
  });
}

/** A resource that died while it was leased. */
export function lostError(
  resourceId: string,
  reason: string,
  logTail: readonly string[],
): ModelProviderError {
  return new ModelProviderError(
    'RESOURCE_LOST',
    [
      `"${resourceId}" died while it was in use: ${reason}.`,
      ...(logTail.length === 0 ? [] : ['Its last lines:', ...logTail.map((line) => `  | ${line}`)]),
    ].join('\n'),
    { details: { resourceId, reason, logTail: [...logTail] } },
  );
}
