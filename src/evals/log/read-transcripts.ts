import { kindOf } from '../../base/kind-of';
import { messageOf, ModelProviderError } from '../../base/errors';
import { madeCall, type MadeCall } from '../transcripts/made-call';
import { madeCallsOf } from '../transcripts/trial-transcript';
import { logLines, type LogEnd } from './log-lines';
import { transcriptsPath } from './log-path';
import type { SampleRecord } from './log-record';
import { wrongTranscriptField, type TranscriptRecord } from './transcript-record';

const { closeSync, existsSync, openSync, readSync } = process.getBuiltinModule('node:fs');
const { Buffer } = process.getBuiltinModule('node:buffer');

type Trial = Pick<SampleRecord, 'id' | 'trial' | 'at'>;

/** The transcripts beside a log. Only where each of them stands is held in memory. */
export interface Transcripts {
  /** The line of a trial as it stands; undefined if nothing was kept of it. */
  lineOf(trial: Trial): string | undefined;
  /** The calls of a trial; undefined if nothing was kept of them. */
  callsOf(trial: Trial): MadeCall[] | undefined;
}

/**
 * The transcripts beside a log; undefined if nothing was kept.
 *
 * @throws ModelProviderError `LOG_INVALID` as {@link readTranscripts}.
 */
export function transcriptsOf(log: string): Transcripts | undefined {
  const path = transcriptsPath(log);
  return existsSync(path) ? readTranscripts(path) : undefined;
}

/**
 * Reads a file of transcripts. The last entry of an id, a trial and its begin counts; a torn last line is no error.
 *
 * @throws ModelProviderError `LOG_INVALID` for a file that cannot be read, or has a line that is no record.
 */
export function readTranscripts(path: string): Transcripts {
  const places = new Map<string, { readonly from: number; readonly bytes: number }>();
  const lines = logLines(path);
  let from = 0;
  for (let number = 0; ; number += 1) {
    const { done, value } = lines.next();
    if (done === true) return { lineOf, callsOf };
    const record = parse(path, number, value);
    const bytes = Buffer.byteLength(value);
    if (record.type === 'trial') places.set(keyOf(record), { from, bytes });
    from += bytes + 1;
  }

  function lineOf(trial: Trial): string | undefined {
    const place = places.get(keyOf(trial));
    return place === undefined ? undefined : readAt(path, place.from, place.bytes);
  }

  function callsOf(trial: Trial): MadeCall[] | undefined {
    const line = lineOf(trial);
    if (line === undefined) return undefined;
    const record = parse(path, undefined, line);
    return record.type === 'trial' ? madeCallsOf(record) : undefined;
  }
}

/** What the log alone knows of the calls of a trial: not what was said in them, nor when. */
export function callsInLog(record: SampleRecord | undefined): MadeCall[] {
  return record?.calls?.map((call) => madeCall({ at: record.at, ...call }, undefined)) ?? [];
}

/**
 * How a file of transcripts ends, to be continued.
 *
 * @throws ModelProviderError `LOG_INVALID` for a file that cannot be read, or is none of transcripts.
 */
export function endOfTranscripts(path: string): LogEnd {
  const lines = logLines(path);
  for (let number = 0; ; number += 1) {
    const { done, value } = lines.next();
    if (done === true) return value;
    if (number === 0) parse(path, number, value);
  }
}

function keyOf({ id, trial, at }: Trial): string {
  return JSON.stringify([id, trial, at]);
}

function readAt(path: string, from: number, bytes: number): string {
  const buffer = Buffer.alloc(bytes);
  const file = openSync(path, 'r');
  try {
    let read = 0;
    while (read < bytes) {
      const more = readSync(file, buffer, read, bytes - read, from + read);
      if (more === 0) break;
      read += more;
    }
    return buffer.toString('utf8', 0, read);
  } finally {
    closeSync(file);
  }
}

function parse(path: string, number: number | undefined, line: string): TranscriptRecord {
  try {
    const record: unknown = JSON.parse(line);
    const field = wrongTranscriptField(record);
    const isMisplaced = number !== undefined && (number === 0) !== isHeader(record);
    if (field === undefined && !isMisplaced) return record as TranscriptRecord;
    throw new Error(
      field === ''
        ? `it is ${kindOf(record)}`
        : isMisplaced
          ? 'its header is missing, or stands elsewhere'
          : `its field ${field ?? ''} is missing, or is none of a transcript`,
    );
  } catch (error) {
    const where = number === undefined ? '' : `line ${number + 1} `;
    throw new ModelProviderError(
      'LOG_INVALID',
      `The transcripts ${path} are damaged: ${where}is no line of them: ${messageOf(error)}. Move the file away: the log beside it needs it not.`,
      { cause: error },
    );
  }
}

function isHeader(record: unknown): boolean {
  return (record as { type?: unknown } | null)?.type === 'transcripts';
}
