import { digest } from '../base/digest';
import { isObject, mapTexts, parsedJson, stableStringify, type Json } from '../base/json';
import { redact } from '../base/secrets';
import type { IgnoredPart } from '../pattern/recording-mode';
import type { RecordedRequest } from '../pattern/recordings';

const { Buffer } = process.getBuiltinModule('node:buffer');
const { createHash } = process.getBuiltinModule('node:crypto');

/** A request as recordings compare it. */
export interface CanonicalRequest {
  /** Equal for equal requests. */
  readonly key: string;
  readonly request: { readonly method: string; readonly path: string; readonly body: Json };
}

// Who asks, and for what else: the answer does not depend on them.
const besides = new Set(['user', 'metadata', 'stream_options']);
// A text of so many characters without a space is an image, a sound or a file.
const mediaLength = 2048;

/** @param ignored what differs in each run. */
export function canonicalRequest(
  asked: RecordedRequest,
  ignored: readonly IgnoredPart[] = [],
): CanonicalRequest {
  const method = asked.method.toUpperCase();
  const path = redact(asked.path);
  const body = bodyOf(asked, ignored);
  return { key: requestKey({ method, path, body }), request: { method, path, body } };
}

export function requestKey({ method, path, body }: CanonicalRequest['request']): string {
  return createHash('sha256')
    .update(stableStringify([method, path, body]))
    .digest('hex')
    .slice(0, 16);
}

function bodyOf({ body, contentType }: RecordedRequest, ignored: readonly IgnoredPart[]): Json {
  if (body.byteLength === 0) return null;
  const text = Buffer.from(body).toString('utf8');
  const parsed = parsedJson(text);
  if (parsed === undefined) return digest(withoutBoundary(body, contentType));
  const asked = isObject(parsed)
    ? Object.fromEntries(Object.entries(parsed).filter(([name]) => !besides.has(name)))
    : parsed;
  const left = ignored.reduce((value, part) => withoutPart(value, part), asked as Json);
  return mapTexts(left, (words) => redact(withoutMedia(words)));
}

function withoutPart(value: Json, part: IgnoredPart): Json {
  if ('path' in part) return withoutPath(value, part.path.split('.'));
  const { pattern, flags } = part;
  const matched = new RegExp(pattern, flags.includes('g') ? flags : `${flags}g`);
  return mapTexts(value, (text) => text.replaceAll(matched, ''));
}

/** @param names keys, and numbers of lists; `*` is any of them. */
function withoutPath(value: Json, [name = '', ...rest]: readonly string[]): Json {
  if (typeof value !== 'object' || value === null) return value;
  const isMeant = (key: string): boolean => name === '*' || name === key;
  const pairs = Object.entries(value).flatMap(([key, item]): [string, Json | undefined][] => {
    if (!isMeant(key)) return [[key, item]];
    return rest.length === 0 || item === undefined ? [] : [[key, withoutPath(item, rest)]];
  });
  return Array.isArray(value) ? pairs.map(([, item]) => item ?? null) : Object.fromEntries(pairs);
}

function withoutMedia(text: string): string {
  if (text.length < mediaLength || /\s/.test(text)) return text;
  const { bytes, sha256 } = digest(text);
  return `[${bytes} bytes, sha256 ${sha256}]`;
}

/** Of a form, which has another boundary each time: https://www.rfc-editor.org/rfc/rfc7578#section-4.1 */
function withoutBoundary(body: Uint8Array, contentType = ''): Buffer {
  const bytes = Buffer.from(body);
  const boundary = /boundary="?([^";]+)/i.exec(contentType)?.[1];
  if (boundary === undefined) return bytes;
  return Buffer.from(bytes.toString('latin1').replaceAll(boundary, ''), 'latin1');
}
