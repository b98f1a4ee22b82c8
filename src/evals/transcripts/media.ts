import { digest } from '../../base/digest';
import { URL } from '../../base/real-globals';
import type { MediaPart } from './conversation';

const { Buffer } = process.getBuiltinModule('node:buffer');

type Kind = MediaPart['type'];

/** An image, a sound or a file by where it is: a URL, or one that holds it as base64 (`data:`). */
export function mediaAt(type: Kind, url: unknown, mediaType?: unknown): MediaPart {
  if (typeof url !== 'string') return { type, ...named(mediaType) };
  const [, given = '', base64] = /^data:([^;,]*)(?:;[^,]*)?,([^]*)$/i.exec(url) ?? [];
  if (base64 !== undefined) return mediaOf(type, base64, given === '' ? mediaType : given);
  return { type, ...named(mediaType), url: withoutQuery(url) };
}

/** The same by its content in base64. */
export function mediaOf(type: Kind, base64: unknown, mediaType?: unknown): MediaPart {
  if (typeof base64 !== 'string') return { type, ...named(mediaType) };
  return { type, ...named(mediaType), ...digest(Buffer.from(base64, 'base64')) };
}

/** A vector, as a list of numbers or as base64 of floats of 32 bits. */
export function embedding(vector: unknown): MediaPart {
  const bytes =
    typeof vector === 'string'
      ? Buffer.from(vector, 'base64')
      : Buffer.from(new Float32Array(Array.isArray(vector) ? (vector as number[]) : []).buffer);
  return { type: 'embedding', dimensions: bytes.length / 4, ...digest(bytes) };
}

function named(mediaType: unknown): { readonly mediaType?: string } {
  return typeof mediaType === 'string' && mediaType !== '' ? { mediaType } : {};
}

function withoutQuery(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  return url.origin === 'null' ? text : `${url.origin}${url.pathname}`;
}
