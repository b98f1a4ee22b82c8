import { isModelProviderError, messageWithCauses } from '../../base/errors';
import type { CallFacts } from '../../pattern/model-calls';
import type { SampleError } from '../log/log-record';
import type { ErrorKind } from '../log/eval-summary';
import { isOutOfQuota } from '../../answers/answer-error';
import { codesIn, isOfOne, linksOf, originsIn, retryAfterIn, statusIn, type Link } from './error-links';
import { usersLine } from './users-line';

const { stripVTControlCharacters } = process.getBuiltinModule('node:util');

// Too many at once, and the server's own trouble: https://www.rfc-editor.org/rfc/rfc9110#name-status-codes
const passing = new Set([408, 409, 425, 429]);
const infrastructure = new Set([
  'CLIENT_FAILED',
  'ENDPOINT_REFUSED',
  'GUARDIAN_LOST',
  'HANDLE_CLOSED',
  'RECORDING_INVALID',
  'RECORDING_MISSING',
  'RESOURCE_LOST',
  'SESSION_CLOSED',
  'SETUP_ABORTED',
  'SETUP_FAILED',
  'SETUP_STALLED',
  'SETUP_TIMEOUT',
]);

// The compiler wants all of them here.
const kinds = Object.keys({
  infrastructure: 0,
  timeout: 0,
  scorer: 0,
  user: 0,
} satisfies Record<ErrorKind, 0>);

/**
 * Whether the same request may well be answered a little later.
 *
 * @param endpoints the base URLs of the leased endpoints.
 */
export function isPassing(error: unknown, endpoints: readonly string[]): boolean {
  const links = linksOf(error);
  // The AI SDK of Vercel decides itself.
  const decided = links.find(({ isRetryable }) => typeof isRetryable === 'boolean');
  if (decided !== undefined) return decided.isRetryable === true;
  if (!isOfModels(links, endpoints)) return false;
  const status = statusIn(links);
  // What came with success and is no answer is the server's own trouble as well.
  if (status !== undefined && status >= 400) return passing.has(status) || status >= 500;
  return links.some((link) => isUnanswered(link));
}

/**
 * Whether a failed call of an application may well be answered a little later. The tap has seen it, whatever the
 * application makes of it.
 */
export function isPassingCall(failed: CallFacts | undefined): boolean {
  if (failed === undefined || hopelessCall(failed, true) !== undefined) return false;
  const { status = 0 } = failed;
  return status < 400 || passing.has(status) || status >= 500;
}

/**
 * Whether an error is of the models' side. An error without an answer may be, unless it says where it is from;
 * a status is only where the error says so: a tool of the application may have an API of its own.
 */
function isOfModels(links: readonly Link[], endpoints: readonly string[]): boolean {
  return isOfOne(endpoints, links) ?? (statusIn(links) ?? 0) < 400;
}

/** Whether a request was refused, on the models' side, because there were too many. */
export function isTooMany(error: unknown, endpoints: readonly string[]): boolean {
  return isTooManyOf(linksOf(error), endpoints);
}

function isTooManyOf(links: readonly Link[], endpoints: readonly string[]): boolean {
  return statusIn(links) === 429 && isOfModels(links, endpoints);
}

/** The leased endpoints that refused a request because there were too many; none for any other error. */
export function hadTooMany(error: unknown, endpoints: readonly string[]): readonly string[] {
  const links = linksOf(error);
  return isTooManyOf(links, endpoints) ? originsIn(endpoints, links) : [];
}

/** Milliseconds after which the server wants to be asked again, if it said so. */
export function retryAfterMs(error: unknown): number | undefined {
  return retryAfterIn(linksOf(error));
}

/**
 * Why a leased endpoint will answer no other request either, such as a key that it refuses; undefined if it
 * may.
 *
 * @param hasAnswered whether it has answered one before. It refused this one alone then, where it forbids it.
 */
export function hopelessness(
  error: unknown,
  endpoints: readonly string[],
  { maxWaitMs, hasAnswered }: { readonly maxWaitMs: number; readonly hasAnswered: boolean },
): string | undefined {
  const links = linksOf(error);
  const status = statusIn(links) ?? 0;
  if (status < 400 || !isOfModels(links, endpoints)) return undefined;
  const why = hopelessStatus(codesIn(links).some(isOutOfQuota) ? 402 : status, hasAnswered);
  if (why !== undefined) return why;
  const waitMs = status === 429 ? (retryAfterIn(links) ?? 0) : 0;
  return waitMs > maxWaitMs
    ? `It wants to be asked again in ${seconds(waitMs)}, which is ${longerThan(maxWaitMs)}.`
    : undefined;
}

/** Why an endpoint that refused a request with this status will answer no other one; undefined if it may. */
function hopelessStatus(status: number | undefined, hasAnswered: boolean): string | undefined {
  if (status === 402) return 'What was paid for there is used up.';
  if (status === 401) return 'It refuses the key.';
  return status === 403 && !hasAnswered ? 'It forbids the key to use the model.' : undefined;
}

/** As {@link hopelessStatus}, of a failed call. */
export function hopelessCall(
  { status, errorCode: code }: Pick<CallFacts, 'status' | 'errorCode'>,
  hasAnswered: boolean,
): string | undefined {
  return hopelessStatus(isOutOfQuota({ code, type: code }) ? 402 : status, hasAnswered);
}

/** What is said of a wait that is too long. */
export function longerThan(maxWaitMs: number): string {
  return `longer than it may make a call wait (maxWaitMs: ${maxWaitMs.toLocaleString('en')})`;
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1000).toLocaleString('en')} s`;
}

/** Whose fault an error is: the model's side, the judgement, or the evaluation's own code. */
export function errorKind(error: unknown, endpoints: readonly string[]): ErrorKind {
  const links = linksOf(error);
  // What may be retried because it says so may still be said to be from elsewhere.
  if (isPassing(error, endpoints) && isOfOne(endpoints, links) !== false) return 'infrastructure';
  const { code, details }: Link = links[0] ?? {};
  // An answer that was an error when it was stored.
  if (code === 'EVAL_FAILED' && isKind(details?.['kind'])) return details['kind'];
  if (infrastructure.has(code as string)) return 'infrastructure';
  return isModelProviderError(error, 'SCORER_FAILED') ? 'scorer' : 'user';
}

function isKind(kind: unknown): kind is ErrorKind {
  return kinds.includes(kind as string);
}

/**
 * An error as the log keeps it.
 *
 * @param root the directory to which the path of the user's line is relative.
 */
export function errorEntry(kind: ErrorKind, error: unknown, root: string): SampleError {
  const code = codeOf(error);
  // Jest's matchers colour their messages.
  const message = stripVTControlCharacters(messageWithCauses(error));
  const thrownAt = usersLine(error, root);
  return {
    kind,
    message,
    ...(code === undefined ? {} : { code }),
    ...(thrownAt === undefined ? {} : { thrownAt }),
  };
}

/** What was thrown, and what the log keeps of it. */
interface Legible {
  readonly cause: unknown;
  readonly entry: SampleError;
}

/** What is known of an error besides what was thrown. */
interface Circumstances {
  /** As for {@link errorEntry}. */
  readonly root: string;
  /** Whether the trial had no time left. */
  readonly isLate: boolean;
  /** Whether the last call of the application failed on the models' side. */
  readonly isOfModels: boolean;
}

/** What was thrown, or an error in its place if that cannot be read: a getter of it throws, say. */
export function legible(thrown: unknown, endpoints: readonly string[], rules: Circumstances): Legible {
  try {
    return read(thrown, endpoints, rules);
  } catch {
    const error = new Error('What was thrown cannot be read: its fields throw, or are no texts.');
    return read(error, endpoints, rules);
  }
}

function read(
  cause: unknown,
  endpoints: readonly string[],
  { root, isLate, isOfModels }: Circumstances,
): Legible {
  // Also of what is late: whoever reads the error next must be able to.
  const said = errorKind(cause, endpoints);
  const kind = said === 'user' && isOfModels ? 'infrastructure' : said;
  return { cause, entry: errorEntry(isLate ? 'timeout' : kind, cause, root) };
}

function codeOf(error: unknown): string | undefined {
  const { code } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

// Enough to tell errors apart.
const compared = 2000;
const variable = /"[^"]*"|\b(?:chatcmpl|req|request|trace)[-_]\S+|\S*\d\S*/gi;

/** What equal errors have in common: ids, times, and what is quoted, may differ. */
export function sameness(error: unknown): string {
  const [words = ''] = messageWithCauses(error).slice(0, compared).split('\n');
  return [codeOf(error), statusIn(linksOf(error)), words.replaceAll(variable, '…')].join(' ');
}

/** A broken connection, or an answer that is none. */
function isUnanswered(link: Link): boolean {
  const { code } = link;
  if (isModelProviderError(link, 'REQUEST_FAILED') || isModelProviderError(link, 'ANSWER_CUT')) return true;
  if (typeof code === 'string' && /^(E(CONN|HOST|NET|PIPE|AI_AGAIN|TIMEDOUT)|UND_ERR_)/.test(code))
    return true;
  // The time limit of OpenAI's SDK has neither code nor cause.
  return link.constructor?.name === 'APIConnectionTimeoutError';
}
