import { messageOf, ModelProviderError } from '../base/errors';
import { parsedJson } from '../base/json';
import { wrongLine, type CallLine, type RecordingHeader } from './recording-lines';

const { closeSync, openSync, readFileSync, readSync } = process.getBuiltinModule('node:fs');

/** What is in a recording. */
export interface ReadRecording {
  readonly header: RecordingHeader;
  readonly calls: readonly CallLine[];
}

/** One line of a recording. */
export interface ReadLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  readonly value: unknown;
  /** What makes it none; undefined for one that is. */
  readonly wrong: string | undefined;
}

/**
 * @returns undefined if there is no such file.
 * @throws ModelProviderError `RECORDING_INVALID` naming file and line.
 */
export function readRecording(path: string): ReadRecording | undefined {
  const lines = readLines(path);
  if (lines === undefined) return undefined;
  const bad = lines.find(({ wrong }) => wrong !== undefined);
  if (bad?.wrong !== undefined) throw invalid(path, bad.number, bad.wrong);
  const [header, ...calls] = lines.map(({ value }) => value);
  if (header === undefined) throw invalid(path, 1, 'it is empty');
  return { header: header as RecordingHeader, calls: calls as CallLine[] };
}

/**
 * All lines of a recording that are not empty, whatever they are.
 *
 * @returns undefined if there is no such file.
 * @throws ModelProviderError `RECORDING_INVALID` if it cannot be read.
 */
export function readLines(path: string): readonly ReadLine[] | undefined {
  return textOf(path)
    ?.split('\n')
    .map((line, index) => ({ text: line.replace(/\r$/, ''), number: index + 1 }))
    .filter(({ text }) => text !== '')
    .map(({ text, number }, index) => ({ text, number, ...read(text, index === 0) }));
}

/** As {@link readRecording}, without what was called. */
export function readRecordingHeader(path: string): RecordingHeader {
  let line = '';
  const file = openSync(path, 'r');
  try {
    const buffer = process.getBuiltinModule('node:buffer').Buffer.alloc(65_536);
    for (let bytes = -1; bytes !== 0 && !line.includes('\n');) {
      bytes = readSync(file, buffer);
      line += buffer.toString('utf8', 0, bytes);
    }
  } finally {
    closeSync(file);
  }
  const { value, wrong } = read(line.split('\n')[0] ?? '', true);
  if (wrong !== undefined) throw invalid(path, 1, wrong);
  return value as RecordingHeader;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ModelProviderError(
      'RECORDING_INVALID',
      `The recording ${path} cannot be read: ${messageOf(error)}.`,
      {
        details: { path },
        cause: error,
      },
    );
  }
}

function read(line: string, isFirst: boolean): Pick<ReadLine, 'value' | 'wrong'> {
  const value = parsedJson(line);
  return { value, wrong: value === undefined ? 'it is no JSON' : wrongLine(value, isFirst) };
}

function invalid(path: string, line: number, wrong: string): ModelProviderError {
  return new ModelProviderError(
    'RECORDING_INVALID',
    `Line ${line} of the recording ${path} is none: ${wrong}. Restore the file, solve a merge in it, or delete it and record it again: EVALS_RECORDINGS=record.`,
    { details: { path, line } },
  );
}
