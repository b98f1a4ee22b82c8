import { stripVTControlCharacters } from 'node:util';
import { isModelProviderError, messageOf } from '../pattern/errors';
import { readRetryAfter } from '../providers/openai-compatible/request-error';
import type { ErrorKind, SampleRecord } from './log/log-record';

// Too many at once, and the server's own trouble: https://www.rfc-editor.org/rfc/rfc9110#name-status-codes
const passing = new Set([408, 409, 425, 429]);
const infrastructure = new Set([
  'CLIENT_FAILED',
  'ENDPOINT_REFUSED',
  'GUARDIAN_LOST',
  'HANDLE_CLOSED',
  'RESOURCE_LOST',
  'SESSION_CLOSED',
  'SETUP_ABORTED',
  'SETUP_FAILED',
  'SETUP_STALLED',
  'SETUP_TIMEOUT',
]);

/** Whether the same request may well be answered a little later. */
export function isPassing(error: unknown): boolean {
  const root = rootOf(error);
  const status = statusOf(root);
  if (status !== undefined) return passing.has(status) || status >= 500;
  if (isModelProviderError(root)) return root.code === 'REQUEST_FAILED';
  return isNetworkError(root);
}

/** Whether the endpoint refused a request because there were too many. */
export function isTooMany(error: unknown): boolean {
  return statusOf(rootOf(error)) === 429;
}

/** Milliseconds after which the server wants to be asked again, if it said so. */
export function retryAfterMs(error: unknown): number | undefined {
  const { details, headers } = rootOf(error) as {
    details?: { retryAfterMs?: unknown };
    headers?: { get?: (name: string) => string | null } | null;
  };
  if (typeof details?.retryAfterMs === 'number') return details.retryAfterMs;
  return readRetryAfter(headers?.get?.('retry-after'));
}

/** Whose fault an error is: the model's side, the judgement, or the evaluation's own code. */
export function errorKind(error: unknown): ErrorKind {
  if (isPassing(error)) return 'infrastructure';
  const { code, details } = rootOf(error) as { code?: unknown; details?: { kind?: unknown } };
  // An answer that was an error when it was stored.
  if (code === 'EVAL_FAILED' && isKind(details?.kind)) return details.kind;
  if (infrastructure.has(code as string)) return 'infrastructure';
  return isModelProviderError(error, 'SCORER_FAILED') ? 'scorer' : 'user';
}

function isKind(kind: unknown): kind is ErrorKind {
  return typeof kind === 'string' && ['infrastructure', 'timeout', 'scorer', 'user'].includes(kind);
}

/** An error as the log keeps it. */
export function errorEntry(kind: ErrorKind, error: unknown): NonNullable<SampleRecord['error']> {
  const { code } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown };
  // Jest's matchers colour their messages.
  const message = stripVTControlCharacters(messageOf(error));
  return { kind, message, ...(typeof code === 'string' ? { code } : {}) };
}

/** The error of a judge's endpoint is the endpoint's, not the judgement's. */
function rootOf(error: unknown): object {
  const cause = isModelProviderError(error, 'SCORER_FAILED') ? error.cause : error;
  return typeof cause === 'object' && cause !== null ? cause : {};
}

/** As the clients of this package say it, or as the SDK of OpenAI does. */
function statusOf(error: object): number | undefined {
  const { status, details } = error as { status?: unknown; details?: { status?: unknown } };
  const found = details?.status ?? status;
  return typeof found === 'number' ? found : undefined;
}

/** A broken connection, or an error that one caused: `fetch` wraps it, and the SDK of OpenAI wraps that. */
function isNetworkError(error: object): boolean {
  let found: unknown = error;
  for (let depth = 0; depth < 4 && typeof found === 'object' && found !== null; depth++) {
    const { code, cause, constructor } = found as {
      code?: unknown;
      cause?: unknown;
      constructor?: { name?: unknown };
    };
    if (typeof code === 'string' && /^(E(CONN|HOST|NET|PIPE|AI_AGAIN|TIMEDOUT)|UND_ERR_)/.test(code))
      return true;
    // The SDK's own time limit has neither code nor cause.
    if (constructor?.name === 'APIConnectionTimeoutError') return true;
    found = cause;
  }
  return false;
}
