import { basename } from '../../base/path';
import type { RecordedAttempt } from '../../pattern/recording-use';
import { resourceKey } from '../../pattern/resource-spec';
import type { ReadRecording } from '../read-recording';
import type { CallLine } from '../recording-lines';
import type { FileMarks } from './file-marks';

/** A recording, and when it was last written. */
export interface DatedRecording extends ReadRecording {
  /** Absolute. */
  readonly path: string;
  /** In milliseconds since 1970. */
  readonly changed: number;
}

/** What the marks of its spec file say of a recording. */
export type Verdict =
  | { readonly is: 'used' }
  /** `test`: the spec file has none of its name any more. `resource`: it has not asked that one. */
  | { readonly is: 'unused'; readonly without: 'test' | 'resource' }
  /** Calls of these attempts are not used, the others are. */
  | { readonly is: 'partly used'; readonly unused: readonly RecordedAttempt[] }
  /** `changed`: it was written later. `project`: that of Jest which it belongs to has not run. */
  | { readonly is: 'unknown'; readonly for: 'changed' | 'project' };

/**
 * Judges the recordings beside one spec file by what its last run has seen. In doubt they are used.
 *
 * @param marks of one run: one, or one for each project of Jest that has run the file.
 */
export function judgeRecordings(
  recordings: readonly DatedRecording[],
  marks: readonly FileMarks[],
): ReadonlyMap<DatedRecording, Verdict> {
  const to = Math.max(...marks.map((mark) => mark.to));
  const verdicts = new Map(
    recordings.map((recording): [DatedRecording, Verdict] => {
      const verdict = verdictOn(recording, marks);
      const isSafe = verdict.is === 'used' || recording.changed <= to;
      return [recording, isSafe ? verdict : { is: 'unknown', for: 'changed' }];
    }),
  );
  for (const spared of neededByLeases(verdicts, marks)) verdicts.set(spared, { is: 'used' });
  return verdicts;
}

function verdictOn({ path, header: { name }, calls }: DatedRecording, marks: readonly FileMarks[]): Verdict {
  if (!marks.some(({ names }) => names.includes(name))) {
    const isKnown = marks.some(({ project }) => project === '' || `${name} `.startsWith(`${project} `));
    return isKnown ? { is: 'unused', without: 'test' } : { is: 'unknown', for: 'project' };
  }
  const isWhole = marks.some(({ whole }) => whole.includes(name));
  if (!isWhole || marks.some(({ open }) => open.includes(name))) return { is: 'used' };
  const file = basename(path);
  const uses = marks.map(({ used }) => used[file]).filter((attempts) => attempts !== undefined);
  if (uses.length === 0) return { is: 'unused', without: 'resource' };
  const unused = new Map(
    calls
      .flatMap(({ sample, trial = 0 }) => (sample === undefined ? [] : [{ sample, trial }]))
      .map((attempt) => [keyOf(attempt), attempt]),
  );
  for (const attempt of uses.flat()) unused.delete(keyOf(attempt));
  return unused.size === 0 ? { is: 'used' } : { is: 'partly used', unused: [...unused.values()] };
}

/** A lease of a resource is replayed by any recording of it, also where nothing is called. */
function neededByLeases(
  verdicts: ReadonlyMap<DatedRecording, Verdict>,
  marks: readonly FileMarks[],
): DatedRecording[] {
  return marks
    .flatMap(({ leased }) => leased)
    .flatMap((key) => {
      const ofResource = [...verdicts].filter(([{ header }]) => keyOfResource(header) === key);
      const isLeft = ofResource.some(([, { is }]) => is !== 'unused');
      return isLeft ? [] : ofResource.slice(0, 1).map(([recording]) => recording);
    });
}

/** Whether a call was made by one of some attempts. */
export function isOfAttempts(attempts: readonly RecordedAttempt[]): (call: CallLine) => boolean {
  const keys = new Set(attempts.map(keyOf));
  return ({ sample, trial = 0 }) => sample !== undefined && keys.has(keyOf({ sample, trial }));
}

function keyOf({ sample, trial }: RecordedAttempt): string {
  return JSON.stringify([sample, trial]);
}

function keyOfResource({ spec, config }: ReadRecording['header']): string {
  const end = spec.indexOf(':');
  return resourceKey(spec.slice(0, end), spec.slice(end + 1), config ?? undefined);
}
