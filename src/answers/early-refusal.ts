import { requireActual } from '../base/actual';
import { parsedJson } from '../base/json';
import type { HttpAnswer } from '../base/http-answer';
import { TextDecoder } from '../base/real-globals';
import { refusalIn, refusalOfBody, type Refusal } from './answer-error';
import { firstChoice } from './read-answer';

const { createParser } = requireActual('eventsource-parser') as typeof import('eventsource-parser');

/** An answer of which so much was read that it is known whether it begins with a refusal. */
interface Begun {
  /** The whole answer, to be read from its begin. */
  readonly response: HttpAnswer;
  readonly refusal: Refusal | undefined;
}

// No refusal is longer.
const mostBytes = 16_384;

/**
 * Reads what an answer begins with: servers write a refusal, such as 429, also into a body that comes with
 * success, or into the first event of a stream.
 */
export async function begin(response: HttpAnswer): Promise<Begun> {
  const { status, statusText, headers, body } = response;
  const isRefused = status >= 400;
  const type = headers.get('content-type') ?? '';
  const isStream = !isRefused && type.startsWith('text/event-stream');
  const isRead = isRefused || isStream || type.includes('json');
  if (body === null || !isRead) return { response, refusal: isRefused ? refusalWith(status, '') : undefined };
  const rest = body[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  const decoder = new TextDecoder();
  let text = '';
  while (isRefused || (text.length < mostBytes && !(isStream && hasEvent(text)))) {
    const next = await rest.next();
    if (next.done === true) break;
    chunks.push(next.value);
    text += decoder.decode(next.value, { stream: true });
  }
  return {
    response: { status, statusText, headers, body: new Again(chunks, rest) },
    refusal: isRefused ? refusalWith(status, text) : refusalOfText(text, isStream),
  };
}

function refusalWith(status: number, body: string): Refusal {
  return { message: '', type: undefined, code: undefined, ...refusalOfBody(body), status };
}

/** Comments, with which servers keep a connection alive, are none. */
function hasEvent(text: string): boolean {
  return /(?:^|[\r\n])data:[^]*?(?:\r\n\r\n|\n\n|\r\r)/.test(text);
}

function refusalOfText(text: string, isStream: boolean): Refusal | undefined {
  // Most answers are none, and need not be parsed twice.
  if (!text.includes('error')) return undefined;
  if (!isStream) return refusalOfAnswer(parsedJson(text));
  let refusal: Refusal | undefined;
  let isFirst = true;
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (!isFirst) return;
      isFirst = false;
      const parsed = parsedJson(data);
      refusal =
        refusalOfAnswer(parsed) ?? (event === 'error' ? refusalIn({ error: parsed ?? data }) : undefined);
    },
  });
  parser.feed(`${text}\n\n`);
  return refusal;
}

function refusalOfAnswer(body: unknown): Refusal | undefined {
  return refusalIn(body) ?? refusalIn(firstChoice(body));
}

/** What was read, put back before the rest. */
class Again implements AsyncIterableIterator<Uint8Array> {
  readonly #chunks: Uint8Array[];
  readonly #rest: AsyncIterator<Uint8Array>;

  constructor(chunks: Uint8Array[], rest: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks;
    this.#rest = rest;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.#chunks.shift();
    return value === undefined ? this.#rest.next() : { done: false, value };
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#chunks.length = 0;
    await this.#rest.return?.();
    return { done: true, value: undefined };
  }
}
