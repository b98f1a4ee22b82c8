import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { logPath } from '../../src/evals/log/log-path';
import type { HeaderRecord, SampleRecord } from '../../src/evals/log/log-record';
import { ownPlaces, type OwnPlaces } from '../support/own-places';
import { header, sample } from '../evals/log/records';

const program = join(__dirname, '../../dist/src/cli/main.js');

/** A working directory with runs in its `.evals`, and the command line tool in it. */
export class OwnRuns {
  readonly #places: OwnPlaces = ownPlaces();

  get directory(): string {
    return this.#places.directory;
  }

  /** Writes the log of one evaluation with one model. */
  write(run: string, changes: Partial<HeaderRecord>, samples: readonly Partial<SampleRecord>[]): string {
    const folder = join(this.directory, '.evals', run);
    mkdirSync(folder, { recursive: true });
    const head = header({ run, ...changes });
    const records = [head, ...samples.map((each, index) => sample({ id: `id${index}`, index, ...each }))];
    const path = logPath(folder, head);
    writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    return path;
  }

  run(...args: string[]): { readonly exit: number | null; readonly out: string; readonly err: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      cwd: this.directory,
      encoding: 'utf8',
    });
    return { exit: status, out: stdout, err: stderr };
  }
}

/** `right` right answers, and then `wrong` wrong ones. */
export function answers(right: number, wrong: number): Partial<SampleRecord>[] {
  return Array.from({ length: right + wrong }, (_, index) => ({
    scores: [{ name: 'exactMatch', value: index < right }],
  }));
}
