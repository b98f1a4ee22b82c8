import { isObject, parsedJson, showValue, type Json } from '../base/json';
import type { RecordedAnswer } from '../pattern/recordings';

const { Buffer } = process.getBuiltinModule('node:buffer');

/** The version of the lines below. Later fields are optional, so that it stays. */
export const recordingSchema = 1;

/** Begins a recording: what was recorded, and what its answers depend on. */
export type RecordingHeader = {
  readonly type: 'recording';
  readonly schema: number;
  /** The full name of the test, or of the evaluation. */
  readonly name: string;
  /** `provider:name`. */
  readonly spec: string;
  readonly config: Json | null;
  readonly identity: Json;
  /** Without keys, and without the port of a server of this machine. */
  readonly connection: Json;
  /** The name of the program that ran it; null if nothing was launched. */
  readonly command: string | null;
};

/** One call. */
export type CallLine = {
  readonly type: 'call';
  /** Absent for calls of no sample, as is the trial. */
  readonly sample?: string;
  readonly trial?: number;
  /** A hash of the request. */
  readonly key: string;
  /** Which of the equal calls of its attempt it was, from 0. */
  readonly n: number;
  readonly request: { readonly method: string; readonly path: string; readonly body: Json };
  readonly answer: AnswerLine;
};

/** Readable where that loses nothing. */
export type AnswerLine = {
  readonly status: number;
  readonly contentType?: string;
  readonly isPart?: true;
} & (
  | { readonly json: Json }
  | { readonly events: readonly string[] }
  | { readonly text: string }
  | { readonly base64: string }
);

/** @param redact takes secrets out of a text. */
export function answerLine(
  { status, contentType, pieces, isPart }: RecordedAnswer,
  redact: (text: string) => string,
): AnswerLine {
  const bytes = Buffer.concat(pieces);
  const facts = {
    status,
    ...(contentType !== undefined && { contentType }),
    ...(isPart && { isPart: true as const }),
  };
  if (!isText(bytes)) return { ...facts, base64: bytes.toString('base64') };
  const text = redact(bytes.toString('utf8'));
  if (contentType?.startsWith('text/event-stream') === true) return { ...facts, events: eventsOf(text) };
  const json = parsedJson(text);
  return json === undefined || !isExact(text) ? { ...facts, text } : { ...facts, json: json as Json };
}

export function answerOf(line: AnswerLine): RecordedAnswer {
  const { status, contentType, isPart = false } = line;
  const pieces =
    'events' in line
      ? line.events.map((event) => Buffer.from(event))
      : [
          'base64' in line
            ? Buffer.from(line.base64, 'base64')
            : Buffer.from('text' in line ? line.text : JSON.stringify(line.json)),
        ];
  return { status, contentType, pieces, isPart };
}

function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString('utf8')).equals(bytes);
}

/** Each with the empty line that ends it. */
function eventsOf(text: string): string[] {
  return text.split(/(?<=\r\n\r\n|\n\n|\r\r)/).filter((event) => event !== '');
}

/** A number of more digits than a double has, or beyond its range, would be another one. */
function isExact(text: string): boolean {
  return !/\d{16}|\d[eE][+-]?\d{3}/.test(text);
}

/** What makes a line no line of a recording; undefined for one that is. */
export function wrongLine(line: unknown, isFirst: boolean): string | undefined {
  if (!isObject(line)) return 'it is no JSON object';
  if (isFirst) return wrongHeader(line);
  const { type, key, n, request, answer, sample, trial } = line;
  if (type !== 'call') return `its type is ${showValue(type)}`;
  if (typeof key !== 'string' || !Number.isInteger(n)) return 'it has no key, or no number n';
  if (sample !== undefined && (typeof sample !== 'string' || !Number.isInteger(trial)))
    return 'its sample is no text, or has no trial';
  if (!isObject(request) || typeof request['method'] !== 'string' || typeof request['path'] !== 'string')
    return 'it has no request';
  return isAnswer(answer) ? undefined : 'it has no answer';
}

function wrongHeader({ type, schema, name, spec }: Readonly<Record<string, unknown>>): string | undefined {
  if (type !== 'recording') return 'it does not begin a recording';
  if (schema !== recordingSchema) return `its schema is ${showValue(schema)}`;
  return typeof name === 'string' && typeof spec === 'string' ? undefined : 'it has no name, or no spec';
}

function isAnswer(answer: unknown): boolean {
  if (!isObject(answer) || !Number.isInteger(answer['status'])) return false;
  const { events, text, base64 } = answer;
  const isTexts = Array.isArray(events) && events.every((event) => typeof event === 'string');
  return 'json' in answer || isTexts || typeof text === 'string' || typeof base64 === 'string';
}
