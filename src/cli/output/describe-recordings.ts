import Table from 'cli-table3';
import type { Json } from '../../base/json';
import { printable } from '../../base/printable';
import type { RecordingProblem } from '../../recordings/upkeep/check-recording';
import type { PrunePlan } from '../../recordings/upkeep/prune-plan';
import { sizeOf } from './size';

/** What is known of a recording. Paths are relative to the working directory. */
export interface RecordingFacts {
  readonly path: string;
  readonly specFile: string;
  /** Of the test, or of the evaluation. */
  readonly name: string;
  /** Of the resource that was asked. */
  readonly spec: string;
  readonly config: Json | null;
  readonly calls: number;
  readonly bytes: number;
}

/** A recording that cannot be read, and why. */
export type UnreadableRecording = PrunePlan['unreadable'][number];

/** Recordings as text for people. */
export function describeRecordings(found: {
  readonly recordings: readonly RecordingFacts[];
  readonly unreadable: readonly UnreadableRecording[];
}): string {
  const { recordings, unreadable } = found;
  const none = unreadable.length === 0 ? ['There are no recordings.'] : [];
  return [...(recordings.length === 0 ? none : tableOf(recordings)), ...unreadable.map(messageOf)].join('\n');
}

function tableOf(recordings: readonly RecordingFacts[]): string[] {
  const table = new Table({
    head: ['spec file', 'evaluation or test', 'resource', 'calls', 'size'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'left', 'right', 'right'],
  });
  for (const { specFile, name, spec, config, calls, bytes } of recordings) {
    const resource = config === null ? spec : `${spec} ${JSON.stringify(config)}`;
    table.push([printable(specFile), printable(name), printable(resource), String(calls), sizeOf(bytes)]);
  }
  const sum = (fact: 'calls' | 'bytes'): number => recordings.reduce((all, each) => all + each[fact], 0);
  const specFiles = new Set(recordings.map(({ specFile }) => specFile)).size;
  return [
    table.toString(),
    `${count(recordings.length, 'recording')} of ${count(specFiles, 'spec file')}: ${count(sum('calls'), 'call')}, ${sizeOf(sum('bytes'))}.`,
  ];
}

/** What is wrong with recordings, as text for people. */
export function describeProblems(found: {
  readonly checked: number;
  readonly problems: readonly RecordingProblem[];
}): string {
  const { checked, problems } = found;
  const lines = problems.map(
    ({ path, line, problem }) => `${printable(path)}:${line}: ${printable(problem)}`,
  );
  const files = new Set(problems.map(({ path }) => path)).size;
  const verdict =
    files === 0 ? 'nothing is wrong' : `${count(problems.length, 'problem')} in ${files} of them`;
  const all =
    checked === 0 ? 'There are no recordings.' : `Checked ${count(checked, 'recording')}: ${verdict}.`;
  return [...lines, all].join('\n');
}

/** What was deleted of recordings, or would be, as text for people. */
export function describePruned(pruned: PrunePlan & { readonly isDryRun: boolean }): string {
  const { unused, partlyUsed, unknown, unreadable, isDryRun } = pruned;
  const deleted = isDryRun ? 'Would delete' : 'Deleted';
  const calls = partlyUsed.reduce((sum, each) => sum + each.calls, 0);
  const what = [
    ...(unused.length > 0 ? [count(unused.length, 'recording')] : []),
    ...(calls > 0 ? [`${count(calls, 'call')} of ${unused.length > 0 ? 'others' : 'recordings'}`] : []),
  ];
  return [
    ...unused.map((each) => `${deleted} ${printable(each.path)}: ${whyUnused(each)}.`),
    ...partlyUsed.map(
      (each) =>
        `${deleted} ${count(each.calls, 'call')} of ${printable(each.path)}: the run ${each.run} has not used ${each.calls === 1 ? 'it' : 'them'}.`,
    ),
    ...unknown.map((each) => `Left alone: ${printable(each.path)}: ${whyUnknown[each.for]}.`),
    ...unreadable.map(messageOf),
    what.length === 0 ? 'Nothing is known to be unused.' : `${deleted} ${what.join(', and ')}.`,
  ].join('\n');
}

function whyUnused({ specFile, without, run = '', header }: PrunePlan['unused'][number]): string {
  const file = printable(specFile);
  if (header === undefined || without === 'spec file') return `there is no ${file} any more`;
  if (without === 'test') return `${file} had no "${printable(header.name)}" any more in the run ${run}`;
  return `"${printable(header.name)}" in ${file} has not used "${printable(header.spec)}" in the run ${run}`;
}

const whyUnknown = {
  run: 'no run that is in .evals has shown what it uses; run it with EVALS_RECORDINGS=replay, auto or record',
  changed: 'it was changed since its last run; run it again',
  project: 'it may belong to a project of Jest that was not in the last run; run all projects',
};

function messageOf({ message }: UnreadableRecording): string {
  return message;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
