import { cut } from '../base/cut';
import { ModelProviderError, type ErrorCode } from '../base/errors';
import { printable } from '../base/printable';
import { redact } from '../base/secrets';
import { isObject, parsedJson } from '../base/json';
import type { Received } from './answer';

/** Who was asked. */
export interface Asked {
  readonly model: string;
  readonly baseURL: string;
  readonly apiKey: string;
}

/** What a server says of an error of its own. */
export interface Refusal {
  /** The status that counts, which may stand in a body that came with 200. */
  readonly status: number | undefined;
  readonly message: string;
  readonly type: string | undefined;
  readonly code: string | undefined;
}

// Enough to recognize what came, and too little to fill a terminal.
const excerptLength = 200;

/**
 * The error that a body holds: that of OpenAI's format, of vLLM's, of FastAPI's, or a bare text; undefined if
 * it holds none. https://platform.openai.com/docs/guides/error-codes
 */
export function refusalIn(body: unknown): Refusal | undefined {
  if (!isObject(body)) return undefined;
  const { error, object } = body;
  if (error == null || error === false || error === '' || isEmpty(error))
    return object === 'error' ? refusalOf(body) : undefined;
  return refusalOf(error);
}

/** Some servers send an empty error with each answer. */
function isEmpty(error: unknown): boolean {
  return isObject(error) && Object.keys(error).length === 0;
}

/**
 * Whether it says that what was paid for is used up, which no wait changes.
 * https://platform.openai.com/docs/guides/error-codes
 */
export function isOutOfQuota({ code, type }: { readonly code: unknown; readonly type: unknown }): boolean {
  return code === 'insufficient_quota' || type === 'insufficient_quota';
}

function refusalOf(error: unknown): Refusal {
  if (!isObject(error))
    return { status: undefined, message: wordsOf(error), type: undefined, code: undefined };
  const { message, type, code, status } = error;
  return {
    status: statusIn(status) ?? statusIn(code),
    message: typeof message === 'string' && message.trim() !== '' ? message : wordsOf(error),
    type: typeof type === 'string' ? type : undefined,
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : undefined,
  };
}

function statusIn(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) < 600
    ? (status as number)
    : undefined;
}

function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What the body of a refused request says, in any of these forms. */
export function refusalOfBody(body: string): Refusal | undefined {
  const parsed = parsedJson(body);
  return refusalIn(parsed) ?? (isObject(parsed) ? refusalOf(parsed['detail'] ?? parsed) : undefined);
}

/** A request that the server refused, with its words. */
export function refused(asked: Asked, { status, contentType, retryAfterMs, body }: Received): Error {
  const refusal = refusalOfBody(body);
  const words = refusal?.message ?? described(contentType, body);
  return answerError(asked, { status, ...rest(refusal), message: `${status} ${words}`, retryAfterMs });
}

/** An error in an answer that came with success, or in the middle of one. */
export function refusedWithin(
  asked: Asked,
  { status, retryAfterMs }: Omit<Received, 'body'>,
  refusal: Refusal,
): Error {
  const message =
    refusal.status === undefined
      ? refusal.message
      : `${refusal.status} ${refusal.message} (with HTTP ${status})`;
  return answerError(asked, { status: refusal.status, ...rest(refusal), message, retryAfterMs });
}

/** An answer that came with success, and is none. */
export function noAnswer(asked: Asked, { status, contentType, body }: Received, problem: string): Error {
  return answerError(asked, {
    status,
    message: `HTTP ${status} ${problem}: ${described(contentType, body)}`,
  });
}

interface Facts {
  readonly status?: number | undefined;
  readonly message: string;
  readonly type?: string | undefined;
  readonly serverCode?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** @param code `ANSWER_CUT` for an answer whose end is missing. */
export function answerError(
  { model, baseURL }: Asked,
  { message, ...facts }: Facts,
  code: Extract<ErrorCode, 'REQUEST_FAILED' | 'ANSWER_CUT'> = 'REQUEST_FAILED',
): ModelProviderError {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return new ModelProviderError(code, `"${model}" answered ${printable(message)}`, {
    details: { model, baseURL, ...Object.fromEntries(known) },
  });
}

function rest(refusal: Refusal | undefined): Pick<Facts, 'type' | 'serverCode'> {
  return { type: refusal?.type, serverCode: refusal?.code };
}

function described(contentType: string | undefined, body: string): string {
  if (body.trim() === '') return 'an empty body';
  // Before it is cut: half a secret is not found.
  const excerpt = cut(redact(body), excerptLength);
  return `${contentType ?? 'no content type'}, ${JSON.stringify(excerpt)}`;
}
