import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { requestKey } from '../../../src/recordings/canonical-request';
import {
  recordingSchema,
  type CallLine,
  type RecordingHeader,
} from '../../../src/recordings/recording-lines';
import { recordingPath } from '../../../src/recordings/recording-path';
import type { FileMarks } from '../../../src/recordings/upkeep/file-marks';

export function header(changes: Partial<RecordingHeader> = {}): RecordingHeader {
  return {
    ...{ type: 'recording', schema: recordingSchema, name: 'sums', spec: 'fake:m', config: null },
    ...{ identity: null, connection: null, command: null, ...changes },
  };
}

/** A call that asks for `content`. */
export function call(content: string, changes: Partial<CallLine> = {}): CallLine {
  const request = { method: 'POST', path: '/chat/completions', body: { content } };
  return {
    ...{ type: 'call', key: requestKey(request), n: 0, request },
    answer: { status: 200, json: { content: '7' } },
    ...changes,
  };
}

/** Of a run that has seen the evaluation `sums`, and used nothing. */
export function marks(changes: Partial<FileMarks> = {}): FileMarks {
  return {
    ...{ schema: 1, run: 'mine', session: 's', file: 'a.eval.js', project: '', from: 1000, to: 2000 },
    ...{ names: ['', 'sums'], whole: [], open: [], leased: [], used: {}, ...changes },
  };
}

/** Where the recording of a header lies. */
export function pathOf(specFile: string, { name, spec, config }: RecordingHeader): string {
  const [provider = '', model = ''] = spec.split(':');
  return recordingPath(
    specFile,
    { name, title: name },
    { provider, name: model, config: config ?? undefined },
  );
}

/** Writes the recording where it lies, and returns its path. Lines that are texts stay as they are. */
export function writeRecording(
  specFile: string,
  head: RecordingHeader,
  calls: readonly (CallLine | string)[] = [],
): string {
  const path = pathOf(specFile, head);
  mkdirSync(dirname(path), { recursive: true });
  const lines = [head, ...calls].map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

/** Writes marks as a run does. */
export function writeMarks(directory: string, ...all: readonly FileMarks[]): void {
  const folder = join(directory, '.evals', '.recordings');
  mkdirSync(folder, { recursive: true });
  for (const [index, each] of all.entries())
    writeFileSync(join(folder, `${index}.json`), JSON.stringify(each));
}
