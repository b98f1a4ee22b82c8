import { messageOf, ModelProviderError } from '../../base/errors';
import type { TeardownFailure } from './teardown-stack';

export function startTimeoutError(spec: string, limitMs: number): ModelProviderError {
  return new ModelProviderError(
    'SETUP_TIMEOUT',
    `"${spec}" was not ready within its start limit of ${limitMs} ms.`,
    { details: { spec } },
  );
}

/** A start that threw an error without a code. */
export function startFailedError(spec: string, cause: unknown): ModelProviderError {
  return new ModelProviderError('SETUP_FAILED', `"${spec}" could not be set up: ${messageOf(cause)}`, {
    cause,
    details: { spec },
  });
}

export function startAbortedError(spec: string, reason: string): ModelProviderError {
  return new ModelProviderError('SETUP_ABORTED', `The setup of "${spec}" was given up: ${reason}.`);
}

/** A resource, or what it needs, that died before the session could lend it. */
export function diedError(spec: string, activity: 'started' | 'woken', reason: string): ModelProviderError {
  return new ModelProviderError('SETUP_FAILED', `"${spec}" died while it was ${activity}: ${reason}.`, {
    details: { spec },
  });
}

/** A connection that has a value at `path` which cannot be sent to other processes. */
export function connectionError(spec: string, path: string): ModelProviderError {
  return new ModelProviderError(
    'PROVIDER_INVALID',
    `The connection of "${spec}" must be JSON, since it is sent to other processes; connection${path === '.' ? '' : path} is not.`,
    { details: { spec, path } },
  );
}

/** A dependency that was asked for when the start was over. */
export function leasedTooLateError(resourceId: string, spec: string): ModelProviderError {
  return new ModelProviderError(
    'PROVIDER_INVALID',
    `"${resourceId}" asked for "${spec}" after its start: call context.lease() before createResource() returns.`,
    { details: { resourceId, spec } },
  );
}

export function teardownError(resourceId: string, failed: readonly TeardownFailure[]): ModelProviderError {
  const failures = failed.map(
    ({ title, error }) => `${title === undefined ? '' : `${title}: `}${messageOf(error)}`,
  );
  return new ModelProviderError(
    'TEARDOWN_FAILED',
    `"${resourceId}" could not be torn down: ${failures.join('; ')}`,
    { cause: failed[0]?.error, details: { resourceId, failures } },
  );
}
