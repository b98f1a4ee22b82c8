import { parsedJson, type Json } from '../base/json';
import { TextDecoder } from '../base/real-globals';

/** The text of a body that is a text, or its bytes; undefined for a form, a file or a stream. */
export function textOfBody(body: RequestInit['body']): string | undefined {
  if (typeof body === 'string') return body;
  return ArrayBuffer.isView(body) ? new TextDecoder().decode(body) : undefined;
}

/** The body of a request as JSON; of one that is none, how large it is. */
export function requestBody(body: RequestInit['body'], text = textOfBody(body)): Json {
  if (body == null) return null;
  const parsed = text === undefined ? undefined : parsedJson(text);
  if (parsed !== undefined) return parsed as Json;
  return { bytes: text?.length ?? null };
}
