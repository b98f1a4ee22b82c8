/**
 * Every error this package throws, by `code`. The codes are stable; `docs/troubleshooting.md` has a section for each.
 */
export const errorCodes = [
  'CONFIG_INVALID',
  'CONTRACT_BROKEN',
  'COMMAND_NOT_FOUND',
  'CLIENT_FAILED',
  'DATABASE_REFUSED',
  'DEADLOCK',
  'DEPENDENCY_MISSING',
  'ENDPOINT_REFUSED',
  'EVAL_FAILED',
  'EVAL_INVALID',
  'GGUF_INVALID',
  'GUARDIAN_LOST',
  'HANDLE_CLOSED',
  'HANDLE_NOT_READY',
  'LOG_INVALID',
  'MODELS_INVALID',
  'PLATFORM_UNSUPPORTED',
  'PROVIDER_INVALID',
  'PROVIDER_MODULE_CONFLICT',
  'PROVIDER_MODULE_INVALID',
  'PROVIDER_UNKNOWN',
  'REQUEST_FAILED',
  'RESOURCE_LOST',
  'RUN_IN_USE',
  'SCHEMA_FAILED',
  'SCORER_FAILED',
  'SESSION_CLOSED',
  'SESSION_MISSING',
  'SESSION_REFUSED',
  'SETUP_ABORTED',
  'SETUP_FAILED',
  'SETUP_STALLED',
  'SETUP_TIMEOUT',
  'SPEC_INVALID',
  'STATE_DIRECTORY_UNSAFE',
  'SUPERVISOR_CONFLICT',
  'TEARDOWN_FAILED',
  'WARM_RESOURCE_IN_USE',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** JSON-safe facts about an error; Jest keeps them in `failureDetails` because they are enumerable. */
export type ErrorDetails = Record<string, unknown>;

/** An error as it crosses a process or realm border. */
export interface SerializedError {
  code: string;
  message: string;
  details: ErrorDetails;
}

/**
 * The one error class of this package. Recognise it by {@link isModelProviderError} or by `error.code`, never by
 * `instanceof`: Jest runs specs in their own realm, and errors travel between processes.
 *
 * The first line of `message` names the cause; the lines after it say what was run, what it printed and what to do.
 */
export class ModelProviderError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    // Jest prints the stack alone, and the code is what `docs/troubleshooting.md` is ordered by.
    const stack = this.stack?.replace(/^ModelProviderError(?=:)/, `ModelProviderError [${code}]`);
    Object.defineProperty(this, 'stack', { value: stack, writable: true, configurable: true });
  }
}
Object.defineProperty(ModelProviderError.prototype, 'name', {
  value: 'ModelProviderError',
  writable: true,
  configurable: true,
});

const known = new Set<string>(errorCodes);

/**
 * Whether `error` is one of this package's errors, with the given code if one is named; works across realms.
 *
 * @example
 * if (isModelProviderError(error, 'COMMAND_NOT_FOUND')) console.warn('llama-server is not installed here');
 */
export function isModelProviderError(error: unknown, code?: ErrorCode): error is ModelProviderError {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error))
    return false;
  const actual = (error as { code: unknown }).code;
  return code === undefined ? typeof actual === 'string' && known.has(actual) : actual === code;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}

/** Makes any thrown value fit to be sent to another process. */
export function serializeError(error: unknown): SerializedError {
  if (isModelProviderError(error)) {
    return { code: error.code, message: error.message, details: error.details };
  }
  return { code: 'SETUP_FAILED', message: messageOf(error), details: {} };
}

/** The opposite of {@link serializeError}: an error of the realm that calls it. */
export function deserializeError(serialized: SerializedError): ModelProviderError {
  return new ModelProviderError(serialized.code as ErrorCode, serialized.message, {
    details: serialized.details,
  });
}

/** An error of another realm or process as an error of this one, so that `instanceof Error` and Jest's printing work. */
export function localError(error: unknown): Error {
  return error instanceof Error ? error : deserializeError(serializeError(error));
}
