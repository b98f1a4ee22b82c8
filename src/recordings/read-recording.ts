import { messageOf, ModelProviderError } from '../base/errors';
import { parsedJson } from '../base/json';
import { wrongLine, type CallLine, type RecordingHeader } from './recording-lines';

const { closeSync, openSync, readFileSync, readSync } = process.getBuiltinModule('node:fs');

/** What is in a recording. */
export interface ReadRecording {
  readonly header: RecordingHeader;
  readonly calls: readonly CallLine[];
}

/**
 * @returns undefined if there is no such file.
 * @throws ModelProviderError `RECORDING_INVALID` naming file and line.
 */
export function readRecording(path: string): ReadRecording | undefined {
  const text = textOf(path);
  if (text === undefined) return undefined;
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const [header, ...calls] = lines
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line !== '')
    .map(({ line, number }, index) => parsed(path, line, number, index === 0));
  if (header === undefined) throw invalid(path, 1, 'it is empty');
  return { header: header as RecordingHeader, calls: calls as CallLine[] };
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
  return parsed(path, line.split('\n')[0] ?? '', 1, true) as RecordingHeader;
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

function parsed(path: string, line: string, number: number, isFirst: boolean): unknown {
  const value = parsedJson(line);
  const wrong = value === undefined ? 'it is no JSON' : wrongLine(value, isFirst);
  if (wrong !== undefined) throw invalid(path, number, wrong);
  return value;
}

function invalid(path: string, line: number, wrong: string): ModelProviderError {
  return new ModelProviderError(
    'RECORDING_INVALID',
    `Line ${line} of the recording ${path} is none: ${wrong}. Restore the file, solve a merge in it, or delete it and record it again: EVALS_RECORDINGS=record.`,
    { details: { path, line } },
  );
}
