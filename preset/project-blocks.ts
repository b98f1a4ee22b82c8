import type { Circus } from '@jest/types';
import type { ParsedRequest } from '../src/pattern/resource-spec';
import { fullName } from './full-name';
import { matrixModel, type MatrixProject } from './matrix-project';

/**
 * Selects the part of a test file that runs in a project of `modelMatrix()`: the blocks of its model, and in
 * the first project also the tests outside all models' blocks. Over all projects every test runs once.
 *
 * Jest collects the whole file in each project, so that hooks, `only` and the names of snapshots are the same
 * as without a matrix. Then the tests of other projects are removed.
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

  /** Removes the tests of other projects, once all are collected. `global` is that of the test file. */
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

/**
 * All projects share a file's snapshots: those of removed tests are not obsolete, and `-u` must keep them.
 */
function keepSnapshots(names: readonly string[], global: object): void {
  const { state } = (global as { [matchersKey]?: { state: MatcherState } })[matchersKey] ?? {};
  for (const name of names) state?.snapshotState?.markSnapshotsAsCheckedForTest(name);
}

interface MatcherState {
  readonly snapshotState?: { markSnapshotsAsCheckedForTest(testName: string): void };
}
