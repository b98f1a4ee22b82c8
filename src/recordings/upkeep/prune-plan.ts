import { isModelProviderError } from '../../base/errors';
import { dirname, join } from '../../base/path';
import type { RecordedAttempt } from '../../pattern/recording-use';
import { readRecording } from '../read-recording';
import { readMarks, type FileMarks } from './file-marks';
import type { FoundRecording } from './find-recordings';
import { isOfAttempts, judgeRecordings, type DatedRecording, type Verdict } from './judge-recordings';

const { statSync } = process.getBuiltinModule('node:fs');

/** What is to become of recordings. Paths are absolute. */
export interface PrunePlan {
  /** `without` what they are: the spec file, a test or an evaluation in it, or the resource that it has asked. */
  readonly unused: readonly Unused[];
  readonly partlyUsed: readonly PartlyUsed[];
  /** Spec files of which nothing is known, and recordings that may be used. */
  readonly unknown: readonly Unknown[];
  readonly unreadable: readonly { readonly path: string; readonly message: string }[];
}

interface Unused {
  readonly path: string;
  readonly specFile: string;
  readonly without: 'spec file' | 'test' | 'resource';
  /** The run that has shown it. */
  readonly run?: string;
  readonly header?: { readonly name: string; readonly spec: string };
}

interface PartlyUsed {
  readonly path: string;
  readonly run: string;
  readonly attempts: readonly RecordedAttempt[];
  readonly calls: number;
}

interface Unknown {
  readonly path: string;
  /** `run`: no run has shown what the spec file needs. `changed`: it was changed since. `project`: see {@link Verdict}. */
  readonly for: 'run' | 'changed' | 'project';
}

/**
 * What is to be deleted of recordings. Nothing is in doubt.
 *
 * @param evals the folder `.evals`, with what runs have shown.
 */
export function prunePlan(found: readonly FoundRecording[], evals: string): PrunePlan {
  const marks = readMarks(evals);
  const root = dirname(evals);
  const plans = [...new Set(found.map(({ specFile }) => specFile))].map((specFile) => {
    const own = found.filter((recording) => recording.specFile === specFile);
    return planOf(
      specFile,
      own.map(({ path }) => path),
      ofLastRun(marks.filter(({ file }) => join(root, file) === specFile)),
    );
  });
  return {
    unused: plans.flatMap(({ unused }) => unused),
    partlyUsed: plans.flatMap(({ partlyUsed }) => partlyUsed),
    unknown: plans.flatMap(({ unknown }) => unknown),
    unreadable: plans.flatMap(({ unreadable }) => unreadable),
  };
}

const nothing: PrunePlan = { unused: [], partlyUsed: [], unknown: [], unreadable: [] };

function planOf(specFile: string, paths: readonly string[], marks: readonly FileMarks[]): PrunePlan {
  const spec = statSync(specFile, { throwIfNoEntry: false });
  if (spec === undefined)
    return { ...nothing, unused: paths.map((path) => ({ path, specFile, without: 'spec file' })) };
  const [first] = marks;
  if (first === undefined) return { ...nothing, unknown: [{ path: specFile, for: 'run' }] };
  if (marks.some(({ from }) => spec.mtimeMs > from))
    return { ...nothing, unknown: [{ path: specFile, for: 'changed' }] };
  const { run } = first;
  const read = paths.map(datedRecording);
  const verdicts = [
    ...judgeRecordings(
      read.flatMap((each) => ('message' in each ? [] : [each])),
      marks,
    ),
  ];
  const those = <Is extends Verdict['is']>(is: Is): [DatedRecording, Extract<Verdict, { is: Is }>][] =>
    verdicts.filter((each): each is [DatedRecording, Extract<Verdict, { is: Is }>] => each[1].is === is);
  return {
    unused: those('unused').map(([{ path, header }, { without }]) => ({
      ...{ path, specFile, without, run },
      header: { name: header.name, spec: header.spec },
    })),
    partlyUsed: those('partly used').map(([{ path, calls }, { unused }]) => ({
      ...{ path, run, attempts: unused },
      calls: calls.filter(isOfAttempts(unused)).length,
    })),
    unknown: those('unknown').map(([{ path }, verdict]) => ({ path, for: verdict.for })),
    unreadable: read.flatMap((each) => ('message' in each ? [each] : [])),
  };
}

function ofLastRun(marks: readonly FileMarks[]): readonly FileMarks[] {
  const [last] = [...marks].sort((a, b) => b.to - a.to);
  return marks.filter(({ session }) => session === last?.session);
}

function datedRecording(path: string): DatedRecording | PrunePlan['unreadable'][number] {
  try {
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    const read = readRecording(path);
    if (changed === undefined || read === undefined)
      return { path, message: `The recording ${path} is gone.` };
    return { ...read, path, changed };
  } catch (error) {
    if (isModelProviderError(error, 'RECORDING_INVALID')) return { path, message: error.message };
    throw error;
  }
}
