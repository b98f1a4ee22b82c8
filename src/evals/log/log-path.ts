import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What tells the logs of a run apart. */
export interface LogName {
  /** The spec file from the root of the project. */
  readonly file: string;
  readonly model: string;
  /** The full name of the evaluation's test. */
  readonly name: string;
  readonly title: string;
}

// Three bytes each at most, twice, and a file name has 255 bytes.
const slugLength = 36;

/** Where a run keeps the log of one evaluation with one model. Any names work: the readable part is only for people. */
export function logPath(runDirectory: string, { file, model, name, title }: LogName): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([file, model, name]))
    .digest('hex')
    .slice(0, 8);
  const readable = [slug(title), slug(model)].filter((part) => part !== '').join('.');
  return join(runDirectory, `${readable}.${hash}.jsonl`);
}

/** The logs of a run, in the order of their names. */
export function logsOf(runDirectory: string): string[] {
  return readdirSync(runDirectory)
    .filter((file) => file.endsWith('.jsonl'))
    .sort()
    .map((file) => join(runDirectory, file));
}

function slug(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, slugLength);
}
