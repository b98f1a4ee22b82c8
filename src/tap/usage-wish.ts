import { isObject, parsedJson } from '../base/json';
import { TextDecoder, TextEncoder } from '../base/real-globals';
import { apiPath } from './reading/api-path';

const counting = new Set(['/chat/completions', '/completions']);

/**
 * The body of a request for a stream with the wish for its token counts, which the application did not have.
 * https://platform.openai.com/docs/api-reference/chat/create#chat-create-stream_options
 *
 * @returns undefined where nothing is to be wished for.
 */
export function withUsageWish(path: string, text: string | undefined): string | undefined {
  if (text === undefined || !counting.has(apiPath(path))) return undefined;
  // Most ask for whole answers, and need not be parsed.
  const asked = text.includes('"stream"') ? parsedJson(text) : undefined;
  if (!isObject(asked) || asked['stream'] !== true) return undefined;
  const options = isObject(asked['stream_options']) ? asked['stream_options'] : {};
  if (options['include_usage'] === true) return undefined;
  return JSON.stringify({ ...asked, stream_options: { ...options, include_usage: true } });
}

/** Whether a server has refused the wish. */
export function refusesWish(status: number, text: string): boolean {
  return (status === 400 || status === 422) && /stream_options|include_usage/.test(text);
}

/** Takes the token counts, which the application did not ask for, out of a stream: an event without any choice. */
export class UsageFilter {
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  #rest = '';

  push(bytes: Uint8Array): Uint8Array {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const events = this.#rest.split(/(?<=\r\n\r\n|\n\n|\r\r)/);
    this.#rest = /(?:\r\n\r\n|\n\n|\r\r)$/.test(this.#rest) ? '' : (events.pop() ?? '');
    return this.#encoder.encode(events.filter((event) => !isUsage(event)).join(''));
  }

  end(): Uint8Array {
    const last = this.#rest + this.#decoder.decode();
    return this.#encoder.encode(isUsage(last) ? '' : last);
  }
}

function isUsage(event: string): boolean {
  const data = /^data:(.*)$/m.exec(event)?.[1];
  if (data === undefined || !data.includes('usage')) return false;
  const chunk = parsedJson(data);
  return (
    isObject(chunk) &&
    isObject(chunk['usage']) &&
    Array.isArray(chunk['choices']) &&
    chunk['choices'].length === 0
  );
}
