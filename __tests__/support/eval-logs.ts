import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logsOf } from '../../src/evals/log/log-path';
import type { FooterRecord, LogRecord, SampleRecord } from '../../src/evals/log/log-record';
import { readLog, type EvalLog } from '../../src/evals/log/read-log';
import type { JestRun } from '../e2e/run-jest';

type Project = Pick<JestRun, 'project'>;

/** The name that most runs of mini projects have, which their logs are read by. */
export const mine = 'mine';

/** The folder of the only run of a project that has no name of its own: it is named after the time. */
export function unnamedRun({ project }: Project): string {
  const runs = join(project, '.evals');
  return join(runs, readdirSync(runs).find((name) => /^\d{4}-/.test(name)) ?? '');
}

/** The path of the log of an evaluation, by its title as file names have it (slugs). */
export function logPath({ project }: Project, title: string, run = mine): string {
  const folder = join(project, '.evals', run);
  const file = readdirSync(folder).find((name) => name.startsWith(`${title}.`) && name.endsWith('.jsonl'));
  if (file === undefined) throw new Error(`${folder} has no log of "${title}"`);
  return join(folder, file);
}

/** All lines of the log of an evaluation. */
export function records(project: Project, title: string, run = mine): LogRecord[] {
  return recordsIn(readFileSync(logPath(project, title, run), 'utf8'));
}

/** The lines of what is the text of a log, or the begin of it. */
export function recordsIn(text: string): LogRecord[] {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as LogRecord);
}

export function samples(log: readonly LogRecord[]): SampleRecord[] {
  return log.filter((record): record is SampleRecord => record.type === 'sample');
}

/** The last line, which is a footer unless the process was killed. */
export function footer(log: readonly LogRecord[]): FooterRecord {
  return log.at(-1) as FooterRecord;
}

/** What a run has noted under a word, such as a title: the rests of the lines that begin with it. */
export function notesUnder({ notes }: Pick<JestRun, 'notes'>, word: string): string[] {
  return notes.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
}

/** The resources that became ready in a run, in order of their names; those whose spec begins with `spec`. */
export function started({ events }: Pick<JestRun, 'events'>, spec = ''): string[] {
  const ids = events.flatMap((event) => (event.type === 'ready' ? [event.resourceId] : []));
  return ids.filter((id) => id.startsWith(spec)).sort();
}

/** All logs of a run as the product reads them, in order of their names: the state of now. */
export function readLogs({ project }: Project, run = mine): EvalLog[] {
  return logsOf(join(project, '.evals', run)).map(readLog);
}
