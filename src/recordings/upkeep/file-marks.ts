import { makeRunDirectory } from '../../evals/log/run-directory';
import { isObject, parsedJson } from '../../base/json';
import { dirname, join } from '../../base/path';
import { redact } from '../../base/secrets';
import { slug } from '../../base/slug';
import type { EvalRun } from '../../pattern/eval-run';
import type { RecordedAttempt } from '../../pattern/recording-use';

const { createHash } = process.getBuiltinModule('node:crypto');
const { readdirSync, readFileSync, renameSync, writeFileSync } = process.getBuiltinModule('node:fs');

/** What the last run of a spec file, in one project of Jest, has seen of it: so it is known which recordings nothing uses. JSON. */
export type FileMarks = {
  readonly schema: typeof marksSchema;
  /** For people. */
  readonly run: string;
  /** Equal for the projects of one run of Jest. */
  readonly session: string;
  /** The spec file, relative to the folder of `.evals`. */
  readonly file: string;
  /** The name of the project; empty without one. */
  readonly project: string;
  /** When the file began to run, and when it had, in milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Of all its tests, evaluations and blocks, be they run or not. */
  readonly names: readonly string[];
  /** Those of them that have used all that they need. */
  readonly whole: readonly string[];
  /** Those that have run, and may need more. */
  readonly open: readonly string[];
  /** The keys of the resources that it has leased. */
  readonly leased: readonly string[];
  /** The names of recordings, with the attempts whose calls each of them has. */
  readonly used: Readonly<Record<string, readonly RecordedAttempt[]>>;
};

const marksSchema = 1;

// No run can have this name.
const marksFolder = '.recordings';
const slugLength = 36;

/**
 * Leaves the marks of a spec file in the place of those that its last run has left.
 *
 * @param projectId Jest's id of the project.
 * @throws ModelProviderError `LOG_INVALID`, and the error of the system, where they cannot be written.
 */
export function leaveMarks(run: EvalRun, projectId: string, marks: Omit<FileMarks, 'schema'>): void {
  const directory = join(dirname(run.directory), marksFolder);
  makeRunDirectory({ directory });
  const hash = createHash('sha256')
    .update(JSON.stringify([marks.file, projectId]))
    .digest('hex')
    .slice(0, 16);
  const path = join(directory, `${slug(marks.file, slugLength)}.${hash}.json`);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, redact(JSON.stringify({ schema: marksSchema, ...marks })), { mode: 0o600 });
  renameSync(draft, path);
}

/**
 * All marks that runs have left; none of a schema that is not known, or that are torn.
 *
 * @param evals the folder `.evals`.
 */
export function readMarks(evals: string): readonly FileMarks[] {
  const directory = join(evals, marksFolder);
  return namesIn(directory).flatMap((name) => {
    const marks = parsedJson(readFileSync(join(directory, name), 'utf8'));
    return isObject(marks) && marks['schema'] === marksSchema ? [marks as FileMarks] : [];
  });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}
