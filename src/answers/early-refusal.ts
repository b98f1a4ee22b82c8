import { requireActual } from '../base/actual';
import { parsedJson } from '../base/json';
import { ReadableStream, Response, TextDecoder } from '../base/real-globals';
import { refusalIn, refusalOfBody, type Refusal } from './answer-error';
import { firstChoice } from './read-answer';

const { createParser } = requireActual('eventsource-parser') as typeof import('eventsource-parser');

/** An answer of which so much was read that it is known whether it begins with a refusal. */
interface Begun {
  /** The whole answer, to be read from its begin. */
  readonly response: Response;
  readonly refusal: Refusal | undefined;
}

// No refusal is longer.
const mostBytes = 16_384;

/**
 * Reads what an answer begins with: servers write a refusal, such as 429, also into a body that comes with
 * success, or into the first event of a stream.
 */
export async function begin(response: Response): Promise<Begun> {
  const { status } = response;
  if (status >= 400) {
    const refusal = refusalOfBody(await response.clone().text());
    return { response, refusal: { message: '', type: undefined, code: undefined, ...refusal, status } };
  }
  const type = response.headers.get('content-type') ?? '';
  const isStream = type.startsWith('text/event-stream');
  if (response.body === null || !(isStream || type.includes('json'))) return { response, refusal: undefined };
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  const decoder = new TextDecoder();
  let text = '';
  let isOver = false;
  while (!isOver && text.length < mostBytes && !(isStream && hasEvent(text))) {
    const { done, value } = await reader.read();
    isOver = done;
    if (value === undefined) continue;
    chunks.push(value);
    text += decoder.decode(value, { stream: true });
  }
  return { response: again(response, chunks, reader), refusal: refusalOfText(text, isStream) };
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

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** The answer with what was read of it put back before the rest. */
function again({ status, statusText, headers }: Response, chunks: Uint8Array[], reader: Reader): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const chunk = chunks.shift() ?? (await reader.read()).value;
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status, statusText, headers });
}
