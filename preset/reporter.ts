import type { AggregatedResult, Test } from '@jest/test-result';
import type { Config } from '@jest/types';
import { presentSession } from '../src/session/open-session';
import { chosenModels } from '../src/run/chosen-models';
import { matrixProject, matrixFile, ownModel } from './matrix-project';
import { tellRun } from './tell-run';
import { unusedModels, type RunResults } from './unused-models';

/**
 * Prints, after the run, what its evaluations found and one short table of all resources; writes
 * `summary.json` beside the logs. The session ends after the reporters, so its teardown prints for itself.
 */
class ModelProviderReporter {
  #error: Error | undefined;
  readonly #inFlight = new Map<Test, string>();
  readonly #isShard: boolean;
  readonly #isWatch: boolean;

  constructor({ shard, watch, watchAll }: Pick<Config.GlobalConfig, 'shard' | 'watch' | 'watchAll'>) {
    this.#isShard = shard !== undefined;
    this.#isWatch = watch || watchAll;
  }

  onRunStart({ numTotalTestSuites }: Pick<AggregatedResult, 'numTotalTestSuites'>): void {
    this.#error = undefined;
    presentSession()?.board.files.begin(numTotalTestSuites);
  }

  /** Jest calls it for each file before a worker gets the file, in the order of the sequencer. */
  async onTestFileStart(test: Test): Promise<void> {
    const project = matrixProject(test.context.config);
    const model = project && ownModel(project);
    if (project === undefined || model === undefined) return;
    const file = matrixFile(project, test.path);
    this.#inFlight.set(test, file);
    await presentSession()?.session.reservations.begin(file, model);
  }

  onTestFileResult(test: Test): void {
    presentSession()?.board.files.countEnded();
    this.#endReservation(test);
  }

  onRunComplete(_contexts: unknown, results: RunResults): void {
    // In watch mode a run may be interrupted.
    for (const test of [...this.#inFlight.keys()]) this.#endReservation(test);
    const open = presentSession();
    if (this.#isWatch) open?.board.files.complete();
    const untold = open && tellRun(open);
    // A shard need not use every model.
    const unused = this.#isShard ? undefined : unusedModels(chosenModels(process.env) ?? [], results);
    if (unused !== undefined) process.stderr.write(`\n${unused.message}\n`);
    this.#error = unused ?? untold;
  }

  /** Jest fails a run whose reporter has an error. */
  getLastError(): Error | undefined {
    return this.#error;
  }

  #endReservation(test: Test): void {
    const file = this.#inFlight.get(test);
    if (file !== undefined) presentSession()?.session.reservations.end(file);
    this.#inFlight.delete(test);
  }
}

// Not a default export: native ES modules would see it one level too deep.
export = ModelProviderReporter;
