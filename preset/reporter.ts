import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Test } from '@jest/test-result';
import type { Config } from '@jest/types';
import { matrixFile, ownModel } from '../src/pattern/matrix-project';
import { evalRecordType, type EvalOutcome } from '../src/evals/eval-record';
import { describeRun } from '../src/report/describe-run';
import { readRun } from '../src/report/run-report';
import { sessionTable } from '../src/report/session-table';
import { writeStepSummary, writeSummary } from '../src/report/summary-file';
import { presentSession } from '../src/session/open-session';
import { chosenModels } from '../src/session/chosen-models';
import { matrixProject } from './matrix-project';
import { unusedModels, type RunResults } from './unused-models';

/**
 * Prints, after the run, what its evaluations found and one short table of all resources; writes `summary.json` beside the logs. The
 * session ends after the reporters, so its teardown prints for itself.
 */
class ModelProviderReporter {
  #eventsBefore = 0;
  #recordsBefore = 0;
  #error: Error | undefined;
  readonly #underWay = new Map<Test, string>();
  readonly #isShard: boolean;

  constructor({ shard }: Pick<Config.GlobalConfig, 'shard'>) {
    this.#isShard = shard !== undefined;
  }

  onRunStart(): void {
    // In watch mode the session outlives a run: each run prints its own part.
    this.#error = undefined;
    const session = presentSession()?.session;
    this.#eventsBefore = session?.record.events.length ?? 0;
    this.#recordsBefore = session?.records.length ?? 0;
  }

  /** Jest tells of each file before any worker gets it, in the order of the sequencer. */
  async onTestFileStart(test: Test): Promise<void> {
    const project = matrixProject(test.context.config);
    const model = project && ownModel(project);
    if (project === undefined || model === undefined) return;
    const file = matrixFile(project, test.path);
    this.#underWay.set(test, file);
    await presentSession()?.session.files.begin(file, model);
  }

  onTestFileResult(test: Test): void {
    const file = this.#underWay.get(test);
    if (file !== undefined) presentSession()?.session.files.end(file);
    this.#underWay.delete(test);
  }

  onRunComplete(_contexts: unknown, results: RunResults): void {
    // In watch mode a run may be interrupted.
    for (const test of [...this.#underWay.keys()]) this.onTestFileResult(test);
    // Of a shard nobody expects that it uses every model.
    this.#error = this.#isShard ? undefined : unusedModels(chosenModels(process.env) ?? [], results);
    if (this.#error !== undefined) process.stderr.write(`\n${this.#error.message}\n`);
    const session = presentSession()?.session;
    if (session === undefined) return;
    const logs = session.records
      .slice(this.#recordsBefore)
      .flatMap(({ type, data }) => (type === evalRecordType ? [(data as unknown as EvalOutcome).log] : []));
    const events = session.record.events.slice(this.#eventsBefore);
    for (const text of [reportOf([...new Set(logs)].filter(existsSync)), sessionTable(events)]) {
      if (text !== '') process.stderr.write(`\n${text}\n`);
    }
  }

  /** Jest fails a run whose reporter has an error. */
  getLastError(): Error | undefined {
    return this.#error;
  }
}

/** The logs of one run lie in one directory. */
function reportOf(logs: readonly string[]): string {
  const [first] = logs;
  if (first === undefined) return '';
  const report = readRun(dirname(first), logs);
  writeSummary(report);
  writeStepSummary(report);
  return describeRun(report);
}

// Not a default export: native ES modules would see it one level too deep.
export = ModelProviderReporter;
