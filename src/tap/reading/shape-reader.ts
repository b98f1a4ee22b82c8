import type { EventSourceParser } from 'eventsource-parser';
import { refusalIn } from '../../answers/answer-error';
import { requireActual } from '../../base/actual';
import { isObject, parsedJson, type Json } from '../../base/json';
import { TextDecoder } from '../../base/real-globals';
import type { AnswerShape, Fields } from './answer-shape';
import type { CallReader, ReadCall } from './read-call';

const { createParser } = requireActual('eventsource-parser') as typeof import('eventsource-parser');

/** Reads the answers of an API, whole ones and streams of events in JSON. */
export class ShapeReader implements CallReader {
  hasWords = false;
  readonly #shape: AnswerShape;
  readonly #decoder = new TextDecoder();
  readonly #events: EventSourceParser | undefined;
  readonly #texts: string[] = [];
  #streamed: Fields | undefined;
  #isWhole = false;
  #error: string | undefined;

  constructor(shape: AnswerShape, isStream: boolean) {
    this.#shape = shape;
    this.#events = isStream ? createParser({ onEvent: ({ data }) => this.#read(data) }) : undefined;
  }

  push(bytes: Uint8Array): void {
    this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  end(): ReadCall {
    this.#take(`${this.#decoder.decode()}${this.#events === undefined ? '' : '\n\n'}`);
    const body = this.#texts.join('');
    const answer = this.#events === undefined ? (parsedJson(body) ?? body) : this.#streamed;
    const facts = isObject(answer) ? this.#shape.facts(answer) : {};
    const error = this.#error ?? (this.#isCut ? 'The answer was cut: its last event is missing.' : undefined);
    return { facts, answer: (answer ?? null) as Json, ...(error === undefined ? {} : { error }) };
  }

  get #isCut(): boolean {
    return this.#events !== undefined && !this.#isWhole;
  }

  #take(text: string): void {
    if (this.#events === undefined) this.#texts.push(text);
    else this.#events.feed(text);
  }

  #read(data: string): void {
    if (data.trim() === '[DONE]') {
      this.#isWhole = true;
      return;
    }
    const event = parsedJson(data);
    if (!isObject(event)) return;
    this.#error ??= refusalIn(event)?.message;
    this.hasWords ||= this.#shape.isWord(event);
    this.#isWhole ||= this.#shape.isEnd(event);
    this.#streamed = this.#shape.add(this.#streamed, event);
  }
}
