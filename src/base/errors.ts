import { mapTexts } from './json';
import { printableLines } from './printable';
import { redact } from './secrets';
import { framesOf, isOfUser, isThrownHere, readableStack, type Frames } from './stack';

/** The codes of this package's errors. They are stable; `docs/troubleshooting.md` has a section for each. */
export const errorCodes = [
  'ANSWER_CUT',
  'BUDGET_SPENT',
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
  'RECORDING_INVALID',
  'RECORDING_MISSING',
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

/**
 * The `code` of a {@link ModelProviderError}: one of {@link errorCodes}. `docs/troubleshooting.md` says for
 * each what it means and what to do.
 *
 * @example
 * const notInstalled: readonly ErrorCode[] = ['COMMAND_NOT_FOUND', 'DEPENDENCY_MISSING'];
 */
export type ErrorCode = (typeof errorCodes)[number];

/** JSON-safe facts about an error; Jest keeps them in `failureDetails` because they are enumerable. */
export type ErrorDetails = Record<string, unknown>;

/** An error as it crosses a process or realm border. */
export interface SerializedError {
  code: string;
  message: string;
  details: ErrorDetails;
  /** What a user's own code has thrown, for the line of it: the process that shows it is another. */
  cause?: SerializedCause;
}

interface SerializedCause {
  name: string;
  message: string;
  frames: Frames;
}

/**
 * The one error class of this package. Recognise it by {@link isModelProviderError} or by `error.code`, never
 * by `instanceof`: Jest runs specs in their own realm, and errors travel between processes.
 *
 * The first line of `message` names the cause; the lines after it say what was run, what it printed and what
 * to do. Message and details may quote anybody: no secret is in them, nothing that a terminal obeys, and no line
 * of more than 2,000 characters. A cause that quotes a secret is left out, since test runners print causes.
 */
export class ModelProviderError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    const { cause, details = {} } = options;
    super(printableLines(message), cause === undefined || quotesSecret(cause) ? undefined : { cause });
    this.code = code;
    this.details = mapTexts(details, printableLines);
    showUsersLine(this);
    // Jest prints the stack alone, and `docs/troubleshooting.md` is ordered by code.
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

function quotesSecret(error: unknown): boolean {
  return [...causesOf(error)].some((found) => {
    const { stack } = (typeof found === 'object' && found !== null ? found : {}) as { stack?: unknown };
    return [messageOf(found), String(stack)].some((text) => redact(text) !== text);
  });
}

const deepestCause = 5;

/** What was thrown, and what has caused it. Not until the last: an error may be its own cause. */
export function* causesOf(error: unknown): Generator<unknown, void, undefined> {
  let found = error;
  for (let depth = 0; depth < deepestCause && found !== undefined; depth += 1) {
    yield found;
    if (typeof found !== 'object' || found === null) return;
    found = (found as { cause?: unknown }).cause;
  }
}

/**
 * The message of anything that was thrown, and those of its causes to the end: `fetch failed: connect
 * ECONNREFUSED 127.0.0.1:1`. An error of this package says in its own message what matters.
 */
export function messageWithCauses(error: unknown): string {
  const messages: string[] = [];
  for (const found of causesOf(error)) {
    const message = messageOf(found);
    // Some repeat their cause.
    if (!messages.some((known) => known.includes(message))) messages.push(message.replace(/\.$/, ''));
    if (isModelProviderError(found)) break;
  }
  return messages.length === 1 ? messageOf(error) : messages.join(': ');
}

/**
 * Makes the stack of an error, and those of its causes, begin with the user's line, as {@link readableStack}
 * does.
 *
 * @param origin for an error of this package: one of others stands where it was thrown.
 */
export function showUsersLine(error: unknown, origin: Frames = []): void {
  const seen = new Set<unknown>();
  const show = (found: unknown, frames: Frames): void => {
    if (typeof found !== 'object' || found === null || seen.has(found)) return;
    seen.add(found);
    const { stack, message, cause, errors } = found as Partial<AggregateError>;
    if (typeof stack === 'string')
      // An error that is frozen stays as it is.
      Reflect.set(found, 'stack', readableStack(stack, String(message), frames));
    show(cause, []);
    if (Array.isArray(errors)) for (const each of errors) show(each, []);
  };
  show(error, isOfThisPackage(error) ? origin : []);
}

/** Also one without a code: a value that nothing has checked. */
function isOfThisPackage(error: unknown): boolean {
  if (isModelProviderError(error)) return true;
  const { stack, message } = (error ?? {}) as Partial<Error>;
  return typeof stack === 'string' && isThrownHere(stack, String(message));
}

/** Any thrown value as JSON that can be sent to another process. */
export function serializeError(error: unknown): SerializedError {
  if (!isModelProviderError(error))
    return { code: 'SETUP_FAILED', message: printableLines(messageOf(error)), details: {} };
  const { code, message, details, cause } = error;
  return { code, message, details, ...serializeCause(cause) };
}

function serializeCause(cause: unknown): Pick<SerializedError, 'cause'> {
  if (typeof cause !== 'object' || cause === null) return {};
  const { name, message, stack } = cause as Partial<Error>;
  const frames = framesOf(String(stack), String(message));
  if (!frames.some(isOfUser)) return {};
  return { cause: { name: String(name), message: printableLines(String(message)), frames } };
}

/** The inverse of {@link serializeError}: an error of the calling realm. */
export function deserializeError(serialized: SerializedError): ModelProviderError {
  const { code, message, details, cause } = serialized;
  return new ModelProviderError(code as ErrorCode, message, {
    details,
    cause: cause && deserializeCause(cause),
  });
}

function deserializeCause({ name, message, frames }: SerializedCause): Error {
  const stack = [`${name}: ${message}`, ...frames].join('\n');
  return Object.assign(new Error(message), { name, stack });
}

/**
 * An error of any realm or process as one of this realm, for `instanceof Error` and Jest's printing. The stack
 * of one of this package leads to the caller of what fails now: where it was made, there is no line of theirs.
 */
export function localError(error: unknown): Error {
  if (isModelProviderError(error)) {
    const { code, message, details, cause } = error;
    return new ModelProviderError(code, message, { details, cause });
  }
  return error instanceof Error ? error : deserializeError(serializeError(error));
}
