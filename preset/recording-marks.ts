import type { Circus } from '@jest/types';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import type { EvalRun } from '../src/pattern/eval-run';
import { nameInProject } from '../src/pattern/name-in-project';
import { sessionVariable } from '../src/pattern/session-client';
import { recordingsOf } from '../src/recordings/recording-path';
import { leaveMarks } from '../src/recordings/upkeep/file-marks';
import { blockName, fullName } from './full-name';
import type { SpecClient } from './spec-client';

/** A test file, as Jest knows it. */
interface TestFile {
  /** Absolute path. */
  readonly path: string;
  /** Jest's id of its project. */
  readonly projectId: string;
}

/** Collects what a test file needs of the recordings beside it, for `jest-model-provider recordings --prune`. */
export class RecordingMarks {
  readonly #file: TestFile;
  readonly #client: SpecClient;
  readonly #from = Date.now();
  readonly #names: string[] = [];

  /** Make it before the file is loaded. */
  constructor(file: TestFile, client: SpecClient) {
    this.#file = file;
    this.#client = client;
  }

  /** To be called when all is collected, and nothing is taken out that belongs to other projects. */
  collected(root: Circus.DescribeBlock): void {
    this.#names.push(...namesIn(root).map((name) => this.#inProject(name)));
  }

  /** To be called when the file has run. */
  leave(root: Circus.DescribeBlock): void {
    const { evals } = this.#client;
    if (evals === undefined || !this.#hasRecordings(evals)) return;
    const uses = this.#client.recordingUses;
    const evaluations = uses.flatMap((use) => use.evaluations);
    const isWhole = new Map(evaluations.map((evaluation) => [evaluation.name, evaluation.isWhole]));
    const ran = testsIn(root).map((test) => {
      const name = this.#inProject(fullName(test));
      return { name, isWhole: isWhole.get(name) ?? test.errors.length === 0 };
    });
    const namesOf = (some: typeof ran): string[] => some.map(({ name }) => name);
    const marks = {
      ...{ run: evals.run, session: sessionMark() },
      ...{ file: relative(evals.root, this.#file.path), project: this.#client.project },
      ...{ from: this.#from, to: Date.now(), names: this.#names },
      whole: namesOf(ran.filter((test) => test.isWhole)),
      open: namesOf(ran.filter((test) => !test.isWhole)),
      leased: [...new Set(uses.flatMap((use) => use.leased))],
      used: mergedUse(uses),
    };
    try {
      leaveMarks(evals, this.#file.projectId, marks);
    } catch {
      // Nothing is pruned without them, and no test has to do with it.
    }
  }

  #hasRecordings({ recordings }: EvalRun): boolean {
    return recordings.mode !== 'off' && existsSync(recordingsOf(this.#file.path));
  }

  #inProject(name: string): string {
    return nameInProject(this.#client.project, name);
  }
}

function mergedUse(uses: SpecClient['recordingUses']): SpecClient['recordingUses'][number]['used'] {
  const files = new Set(uses.flatMap(({ used }) => Object.keys(used)));
  return Object.fromEntries([...files].map((file) => [file, uses.flatMap(({ used }) => used[file] ?? [])]));
}

/** A call in a hook of a block is recorded under the name of the block. */
function namesIn(block: Circus.DescribeBlock): string[] {
  const inner = block.children.flatMap((child) =>
    child.type === 'test' ? [fullName(child)] : namesIn(child),
  );
  return [blockName(block), ...inner];
}

/** Those that have run. */
function testsIn(block: Circus.DescribeBlock): Circus.TestEntry[] {
  return block.children.flatMap((child) =>
    child.type === 'test' ? (child.status === 'done' ? [child] : []) : testsIn(child),
  );
}

/** Equal in all processes of a run, and in no other one. It says nothing of the session's secret. */
function sessionMark(): string {
  return createHash('sha256')
    .update(process.env[sessionVariable] ?? '')
    .digest('hex')
    .slice(0, 16);
}
