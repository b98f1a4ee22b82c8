import { isModelProviderError } from '../../base/errors';
import { basename } from '../../base/path';
import { holdsSecret, keepSecretsOf, redact } from '../../base/secrets';
import { requestKey } from '../canonical-request';
import { readLines, type ReadLine } from '../read-recording';
import type { CallLine, RecordingHeader } from '../recording-lines';
import { ending, recordingHash } from '../recording-path';
import type { FoundRecording } from './find-recordings';

const { existsSync } = process.getBuiltinModule('node:fs');

/** What is wrong with a line of a recording. */
export interface RecordingProblem {
  /** Absolute. */
  readonly path: string;
  /** From 1; that of the header for what is wrong with the whole file. */
  readonly line: number;
  readonly problem: string;
}

/** All that is wrong with a recording, by what it says itself and by the secrets of this process. */
export function problemsOf({ path, specFile }: FoundRecording): RecordingProblem[] {
  const at = (line: number) => (problem: string) => ({ path, line, problem });
  const ofFile = existsSync(specFile)
    ? []
    : [at(1)(`there is no ${basename(specFile)} beside which it could be`)];
  const lines = linesOf(path);
  if (typeof lines === 'string') return [...ofFile, at(1)(lines)];
  if (lines.length === 0) return [...ofFile, at(1)('it is empty')];
  keepSecretsOf(process.env);
  const calls = new Map<string, number>();
  const ofLines = lines.flatMap((line, index) =>
    [
      line.wrong ?? (index === 0 ? misplaced(path, line) : wrongCall(line, calls)),
      secretIn(line.text),
    ].flatMap((problem) => (problem === undefined ? [] : [at(line.number)(problem)])),
  );
  return [...ofFile, ...ofLines];
}

/** The lines, or why there are none. */
function linesOf(path: string): readonly ReadLine[] | string {
  try {
    return readLines(path) ?? 'it is gone';
  } catch (error) {
    if (isModelProviderError(error, 'RECORDING_INVALID')) return error.message;
    throw error;
  }
}

function misplaced(path: string, { value }: ReadLine): string | undefined {
  const { name, spec, config } = value as RecordingHeader;
  const hash = recordingHash({ name, spec, config: config ?? null });
  if (path.endsWith(`.${hash}${ending}`)) return undefined;
  return `it is of "${name}" with "${spec}", whose recording has a name that ends with ${hash}${ending}: it was renamed, or its header was changed`;
}

/** @param calls the lines of those that came before. */
function wrongCall({ value, number }: ReadLine, calls: Map<string, number>): string | undefined {
  const { sample, trial, key, n, request } = value as CallLine;
  const call = JSON.stringify([sample ?? null, trial ?? null, key, n]);
  const before = calls.get(call);
  calls.set(call, number);
  if (before !== undefined) return `it is the call of line ${before} once more`;
  const body = request.body ?? null;
  const wanted = requestKey({ ...request, body });
  return wanted === key
    ? undefined
    : `its key is ${key}, but that of its request is ${wanted}: it was changed by hand`;
}

function secretIn(text: string): string | undefined {
  if (!holdsSecret(text)) return undefined;
  const names = new Set<string>();
  redact(text, names);
  return `it holds the secret of ${[...names].sort().join(', ')}: delete the recording, and record it again`;
}
