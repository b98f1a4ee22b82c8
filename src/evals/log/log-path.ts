import type { HeaderRecord } from './log-record';
import { join } from '../../base/path';
import { slug } from '../../base/slug';

const { createHash } = process.getBuiltinModule('node:crypto');
const { readdirSync } = process.getBuiltinModule('node:fs');

/**
 * What tells the logs of a run apart; the title only makes the name of the file readable, and the project says
 * whose it is.
 */
export type LogName = Pick<HeaderRecord, 'file' | 'model' | 'name' | 'title' | 'project'>;

// Of two slugs, each unit has three bytes at most, and a file name has 255 bytes.
const slugLength = 36;

/**
 * Where a run keeps the log of one evaluation with one model. Any names work: the hash tells them apart, the
 * slugs are for people.
 */
export function logPath(runDirectory: string, { file, model, name, title }: LogName): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([file, model, name]))
    .digest('hex')
    .slice(0, 8);
  const readable = [slug(title, slugLength), slug(model, slugLength)].filter((part) => part !== '').join('.');
  return join(runDirectory, `${readable}.${hash}.jsonl`);
}

/**
 * Where the transcripts of a log are: beside it, and with another ending, so that what reads all logs of a folder
 * does not meet them.
 */
export function transcriptsPath(log: string): string {
  return `${log.replace(/\.jsonl$/, '')}.calls.ndjson`;
}

/** The logs of a run, in the order of their names. */
export function logsOf(runDirectory: string): string[] {
  return readdirSync(runDirectory)
    .filter((file) => file.endsWith('.jsonl'))
    .sort()
    .map((file) => join(runDirectory, file));
}
