import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Test } from '@jest/test-result';
import type { Config } from '@jest/types';
import { ModelProviderError } from '../src/base/errors';
import { evalRecordType, type EvalOutcome } from '../src/evals/log/eval-record';
import { describeRun } from '../src/report/terminal/describe-run';
import { readRun } from '../src/report/run-report';
import { sessionTable } from '../src/report/terminal/session-table';
import { writeStepSummary, writeSummary } from '../src/report/export/summary-file';
import { presentSession } from '../src/session/open-session';
import { chosenModels } from '../src/run/chosen-models';
import { matrixProject, matrixFile, ownModel } from './matrix-project';
import { unusedModels, type RunResults } from './unused-models';

/**
 * Prints, after the run, what its evaluations found and one short table of all resources; writes
 * `summary.json` beside the logs. The session ends after the reporters, so its teardown prints for itself.
 */
class ModelProviderReporter {
  #eventsBefore = 0;
  #recordsBefore = 0;
  #error: Error | undefined;
  readonly #inFlight = new Map<Test, string>();
  readonly #isShard: boolean;

  constructor({ shard }: Pick<Config.GlobalConfig, 'shard'>) {
    this.#isShard = shard !== undefined;
  }

  onRunStart(): void {
    // In watch mode the session outlives a run: each run prints its own part.
    this.#error = undefined;
    const open = presentSession();
    this.#eventsBefore = open?.session.record.events.length ?? 0;
    this.#recordsBefore = open?.board.records.length ?? 0;
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
    const file = this.#inFlight.get(test);
    if (file !== undefined) presentSession()?.session.reservations.end(file);
    this.#inFlight.delete(test);
  }

  onRunComplete(_contexts: unknown, results: RunResults): void {
    // In watch mode a run may be interrupted.
    for (const test of [...this.#inFlight.keys()]) this.onTestFileResult(test);
    // A shard need not use every model.
    this.#error = this.#isShard ? undefined : unusedModels(chosenModels(process.env) ?? [], results);
    this.#tellSession();
    if (this.#error !== undefined) process.stderr.write(`\n${this.#error.message}\n`);
  }

  #tellSession(): void {
    const open = presentSession();
    if (open === undefined) return;
    const logs = open.board.records
      .slice(this.#recordsBefore)
      .flatMap(({ type, data }) => (type === evalRecordType ? [(data as unknown as EvalOutcome).log] : []));
    const events = open.session.record.events.slice(this.#eventsBefore);
    for (const text of [this.#report([...new Set(logs)]), sessionTable(events)]) {
      if (text !== '') process.stderr.write(`\n${text}\n`);
    }
  }

  /** The logs of one run lie in one directory. */
  #report(logs: readonly string[]): string {
    const [first] = logs;
    if (first === undefined) return '';
    const report = readRun(dirname(first), logs);
    const { directory, unreadable } = report;
    if (unreadable.length > 0)
      this.#error ??= new ModelProviderError(
        'LOG_INVALID',
        `${unreadable.length} of the ${logs.length} logs of this run cannot be read; the report names them.`,
      );
    // Without the directory there is nothing beside which it could lie.
    if (existsSync(directory)) writeSummary(report);
    writeStepSummary(report);
    return describeRun(report);
  }

  /** Jest fails a run whose reporter has an error. */
  getLastError(): Error | undefined {
    return this.#error;
  }
}

// Not a default export: native ES modules would see it one level too deep.
export = ModelProviderReporter;
