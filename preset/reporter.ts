import { evalRecordType, type EvalRecord } from '../src/evals/eval-record';
import { evalMatrix } from '../src/report/eval-matrix';
import { sessionTable } from '../src/report/session-table';
import { presentSession } from '../src/session/open-session';

/**
 * Prints, after the run, the matrix of models and evaluations and one short table of all resources. The session ends after the
 * reporters, so its teardown prints for itself.
 */
class ModelProviderReporter {
  #eventsBefore = 0;
  #recordsBefore = 0;

  onRunStart(): void {
    // In watch mode the session outlives a run: each run prints its own part.
    const session = presentSession()?.session;
    this.#eventsBefore = session?.record.events.length ?? 0;
    this.#recordsBefore = session?.records.length ?? 0;
  }

  onRunComplete(): void {
    const session = presentSession()?.session;
    if (session === undefined) return;
    const records = session.records
      .slice(this.#recordsBefore)
      .flatMap(({ type, data, from }) =>
        type === evalRecordType ? [{ ...(data as unknown as EvalRecord), file: from }] : [],
      );
    const events = session.record.events.slice(this.#eventsBefore);
    for (const table of [evalMatrix(records), sessionTable(events)]) {
      if (table !== '') process.stderr.write(`\n${table}\n`);
    }
  }
}

// Not a default export: native ES modules would see it one level too deep.
export = ModelProviderReporter;
