import type { Circus } from '@jest/types';
import { matrixModel, type MatrixProject } from '../src/pattern/matrix-project';
import type { ParsedRequest } from '../src/pattern/resource-spec';
import { fullName } from './full-name';

/**
 * Which part of a test file runs in a project of `modelMatrix()`: the blocks of its model, and in the first project also what
 * stands in no model's block. Over all projects every test runs once.
 *
 * Jest collects the whole file in each project, so that hooks, `only` and the names of snapshots are as they are without a matrix;
 * then what belongs to other projects is taken out, as if it had never been there.
 */
export class ProjectBlocks {
  readonly #project: MatrixProject;
  readonly #models = new WeakMap<Circus.DescribeBlock, string>();

  constructor(project: MatrixProject) {
    this.#project = project;
  }

  /** To be called for each `withClient` block. Of two within each other, the outer one decides. */
  note(block: Circus.DescribeBlock, request: ParsedRequest): void {
    const model = matrixModel(this.#project, request);
    if (model !== undefined) this.#models.set(block, model);
  }

  /** Takes the tests of other projects out, once all are collected. `global` is the file's own. */
  removeOthers(root: Circus.DescribeBlock, global: object): void {
    const removed = this.#removeFrom(root);
    keepSnapshots(removed.map(fullName), global);
    const [first] = removed;
    if (first === undefined || hasTests(root)) return;
    // Jest fails a file without tests.
    root.children = [
      Object.assign(first, {
        name: `has no test for ${this.#project.model}`,
        parent: root,
        mode: 'skip',
        concurrent: false,
      }),
    ];
  }

  #removeFrom(block: Circus.DescribeBlock): Circus.TestEntry[] {
    const removed: Circus.TestEntry[] = [];
    block.children = block.children.filter((child) => {
      if (child.type === 'test') {
        if (!this.#project.isFirst) removed.push(child);
        return this.#project.isFirst;
      }
      const model = this.#models.get(child);
      if (model === undefined) removed.push(...this.#removeFrom(child));
      else if (model !== this.#project.model) removed.push(...testsOf(child));
      return model === undefined || model === this.#project.model;
    });
    return removed;
  }
}

function testsOf(block: Circus.DescribeBlock): Circus.TestEntry[] {
  return block.children.flatMap((child) => (child.type === 'test' ? [child] : testsOf(child)));
}

function hasTests(block: Circus.DescribeBlock): boolean {
  return testsOf(block).length > 0;
}

// https://github.com/jestjs/jest/blob/main/packages/expect/src/jestMatchersObject.ts
const matchersKey = Symbol.for('$$jest-matchers-object');

/** All projects share a file's snapshots: those of tests that are not here are neither obsolete nor to be removed by `-u`. */
function keepSnapshots(names: readonly string[], global: object): void {
  const { state } = (global as { [matchersKey]?: { state: MatcherState } })[matchersKey] ?? {};
  for (const name of names) state?.snapshotState?.markSnapshotsAsCheckedForTest(name);
}

interface MatcherState {
  readonly snapshotState?: { markSnapshotsAsCheckedForTest(testName: string): void };
}
