import type { Answer } from '../../src/answers/answer';
import type { ReasoningOption } from '../../src/answers/read-answer';
import { readAnswer } from '../../src/answers/read-answer';
import { StreamReader } from '../../src/answers/read-stream';
import type { ModelProviderError } from '../../src/base/errors';

export const asked = { model: 'm', baseURL: 'http://127.0.0.1:1/v1', apiKey: 'sk-test-0123456789' };

/** What was read: an answer, or the error instead. */
export type Reading = Partial<Answer> & { error?: ModelProviderError };

export interface Came {
  readonly status?: number;
  readonly contentType?: string | undefined;
  readonly reasoning?: ReasoningOption;
}

/** Reads a whole answer; what is no text is sent as JSON. */
export function readWhole(body: unknown, came: Came = {}): Reading {
  const { status = 200, contentType = 'application/json', reasoning } = came;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return attempt(() => readAnswer(asked, { status, contentType, body: text }, reasoning).answer);
}

/** Reads a stream of events, each of which comes alone; what is no text is sent as JSON. */
export function readEvents(events: readonly unknown[], came: Came = {}): Reading & { pieces: string[] } {
  const text = events.map(
    (event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`,
  );
  return readChunks(text, came);
}

/** Reads the body of a stream, in these chunks. */
export function readChunks(chunks: readonly string[], came: Came = {}): Reading & { pieces: string[] } {
  const { status = 200, contentType = 'text/event-stream', reasoning } = came;
  const pieces: string[] = [];
  const reading = attempt(() => {
    const reader = new StreamReader(asked, { status, contentType }, reasoning);
    for (const chunk of chunks) pieces.push(...reader.push(Buffer.from(chunk)));
    const { rest, answer } = reader.end();
    pieces.push(...rest);
    return answer;
  });
  return { ...reading, pieces };
}

function attempt(read: () => Answer): Reading {
  try {
    return read();
  } catch (error) {
    return { error: error as ModelProviderError };
  }
}

/** A completion with this choice. */
export function withChoice(choice: unknown, more: object = {}): object {
  return { object: 'chat.completion', model: 'm-1', choices: [choice], ...more };
}

/** A completion with this message, or a piece of one. */
export function withMessage(message: object, finishReason: string | null = 'stop'): object {
  return withChoice({ index: 0, message, finish_reason: finishReason });
}

/** A piece of a streamed completion. */
export function withDelta(delta: unknown, finishReason: string | null = null): object {
  return withChoice({ index: 0, delta, finish_reason: finishReason });
}
