import type { EventSourceParser } from 'eventsource-parser';
import { requireActual } from '../base/actual';
import { isObject, parsedJson } from '../base/json';
import { TextDecoder } from '../base/real-globals';
import type { Answer, Received } from './answer';
import { answerError, noAnswer, refusalIn, refusedWithin, type Asked } from './answer-error';
import { reasoningOf, textOf, textOr } from './content';
import {
  firstChoice,
  noText,
  readAnswer,
  requireNoError,
  written,
  type ReasoningOption,
} from './read-answer';
import { ReasoningFilter } from './reasoning';
import { ToolCallPieces } from './tool-calls';
import { readUsage } from './usage';

const { createParser } = requireActual('eventsource-parser') as typeof import('eventsource-parser');

type Message = Readonly<Record<string, unknown>>;

const lineBeginnings = ['data:', 'event:', 'id:', 'retry:', ':'];

/**
 * Reads an answer that arrives as server-sent events, piece by piece. A server that ignores the wish for a
 * stream and answers as a whole is read too. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class StreamReader {
  /** Whether the server has said that no more comes. */
  isDone = false;
  /** Whether a piece of a text, of reasoning or of a call of a tool has come. */
  hasWords = false;
  readonly #asked: Asked;
  readonly #received: Omit<Received, 'body'>;
  readonly #reasoning: ReasoningOption | undefined;
  readonly #decoder = new TextDecoder();
  readonly #parser: EventSourceParser;
  readonly #toolCalls = new ToolCallPieces();
  /** All of a body that is no stream; of a stream as much as an error would show. */
  #body = '';
  #isStream: boolean | undefined;
  #filter: ReasoningFilter | undefined;
  #text = '';
  #beside = '';
  #refusal = '';
  #finishReason = '';
  #usage: Answer['usage'];
  #counted: unknown;
  #model = '';
  #hasChoice = false;
  #hasPiece = false;
  #shown: string[] = [];

  constructor(asked: Asked, received: Omit<Received, 'body'>, reasoning?: ReasoningOption) {
    this.#asked = asked;
    this.#received = received;
    this.#reasoning = reasoning;
    this.#parser = createParser({ onEvent: ({ event, data }) => this.#read(event, data) });
  }

  /**
   * @returns the text that is new, without reasoning, piece by piece.
   * @throws ModelProviderError `REQUEST_FAILED` for an error of the server, and for what is no piece of a
   *   completion.
   */
  push(bytes: Uint8Array): string[] {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /**
   * When no more comes.
   *
   * @returns the last pieces of the text, the whole answer, and what a whole answer of that server would be.
   * @throws ModelProviderError `ANSWER_CUT` if its end is missing, `REQUEST_FAILED` if what came is no answer.
   */
  end(): { rest: string[]; answer: Answer; raw: unknown } {
    // The last event may lack its empty line.
    const rest = this.#take(`${this.#decoder.decode()}${this.#isStream === true ? '\n\n' : ''}`);
    const received = { ...this.#received, body: this.#body };
    if (this.#isStream !== true) {
      const { answer, raw } = readAnswer(this.#asked, received, this.#reasoning);
      return { rest: [answer.text].filter(isText), answer, raw };
    }
    if (!this.#hasChoice) throw noAnswer(this.#asked, received, 'with a stream without any choice');
    if (!this.isDone && this.#finishReason === '') {
      const message = `HTTP ${received.status}, and its answer was cut: it ended after ${this.#text.length} characters without a finish reason`;
      throw answerError(this.#asked, { status: received.status, message }, 'ANSWER_CUT');
    }
    return {
      rest: [...rest, this.#filter?.end() ?? ''].filter(isText),
      answer: {
        ...written(this.#text, this.#beside, this.#reasoning),
        toolCalls: this.#toolCalls.calls,
        refusal: this.#refusal === '' ? undefined : this.#refusal,
        finishReason: this.#finishReason,
        usage: this.#usage,
        model: this.#model,
      },
      raw: this.#raw(),
    };
  }

  /** The pieces put together, as the same server would have answered them at once. */
  #raw(): object {
    const { calls } = this.#toolCalls;
    const message = {
      role: 'assistant',
      content: this.#text,
      ...(this.#beside === '' ? {} : { reasoning_content: this.#beside }),
      ...(this.#refusal === '' ? {} : { refusal: this.#refusal }),
      ...(calls.length === 0
        ? {}
        : {
            tool_calls: calls.map(({ id, name, written: text }) => ({
              id,
              type: 'function',
              function: { name, arguments: text },
            })),
          }),
    };
    const choice = { index: 0, message, finish_reason: this.#finishReason };
    return { object: 'chat.completion', model: this.#model, choices: [choice], usage: this.#counted };
  }

  #take(text: string): string[] {
    if (this.#isStream !== true) {
      this.#body += text;
      if (this.#isStream === false) return [];
      const head = this.#body.trimStart();
      // Neither a page nor a JSON document begins so.
      if (lineBeginnings.some((beginning) => head.startsWith(beginning))) this.#isStream = true;
      else if (!lineBeginnings.some((beginning) => beginning.startsWith(head))) this.#isStream = false;
      if (this.#isStream !== true) return [];
      text = this.#body;
      this.#body = this.#body.slice(0, 1000);
    }
    this.#shown = [];
    this.#parser.feed(text);
    return this.#shown.filter(isText);
  }

  #read(event: string | undefined, data: string): void {
    if (this.isDone) return;
    if (data.trim() === '[DONE]') {
      this.isDone = true;
      return;
    }
    const chunk = parsedJson(data);
    const refusal = refusalIn(chunk) ?? (event === 'error' ? refusalIn({ error: chunk ?? data }) : undefined);
    if (refusal !== undefined) throw refusedWithin(this.#asked, this.#received, refusal);
    if (!isObject(chunk))
      throw noAnswer(
        this.#asked,
        { ...this.#received, body: data },
        'with an event that is no piece of a completion',
      );
    this.#usage = readUsage(chunk['usage']) ?? this.#usage;
    this.#counted = chunk['usage'] ?? this.#counted;
    if (this.#model === '') this.#model = textOr(chunk['model']);
    if (!Array.isArray(chunk['choices']) || chunk['choices'].length === 0) return;
    const choice = firstChoice(chunk);
    if (choice === undefined)
      throw noAnswer(this.#asked, { ...this.#received, body: data }, 'with a choice that is none');
    // Where several answers were asked for, their pieces come in any order.
    if (Number(choice['index'] ?? 0) > 0) return;
    requireNoError(this.#asked, this.#received, choice);
    this.#hasChoice = true;
    if (textOr(choice['finish_reason']) !== '') this.#finishReason = textOr(choice['finish_reason']);
    // A filter of contents sends choices without a piece: https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming
    const piece = this.#pieceIn(choice);
    if (piece !== undefined) this.#add(piece, data);
  }

  /** Some servers send the text as they do to completions, or all at once. */
  #pieceIn({ delta, text, message }: Message): Message | undefined {
    if (isObject(delta)) return delta;
    if (typeof text === 'string') return { content: text };
    return isObject(message) && !this.#hasPiece ? message : undefined;
  }

  #add(delta: Message, data: string): void {
    this.#hasPiece = true;
    this.#beside += reasoningOf(delta);
    this.#toolCalls.add(delta);
    this.#refusal += textOr(delta['refusal']);
    const piece = textOf(delta);
    // The first piece of many servers says only whose the answer is.
    this.hasWords ||=
      `${this.#beside}${this.#refusal}${piece ?? ''}` !== '' || Array.isArray(delta['tool_calls']);
    if (piece === undefined) throw noAnswer(this.#asked, { ...this.#received, body: data }, noText);
    if (piece === '') return;
    this.#text += piece;
    this.#shown.push(this.#reasoning === 'keep' ? piece : this.#filterOf().push(piece));
  }

  #filterOf(): ReasoningFilter {
    const option = this.#reasoning;
    this.#filter ??= new ReasoningFilter(typeof option === 'object' && this.#beside === '');
    return this.#filter;
  }
}

function isText(piece: string): boolean {
  return piece !== '';
}
