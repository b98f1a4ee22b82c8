import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { ModelProviderError } from '../src/base/errors';
import { evalRecordType, type EvalOutcome } from '../src/evals/log/eval-record';
import { writeStepSummary, writeSummary } from '../src/report/export/summary-file';
import { readRun } from '../src/report/run-report';
import { describeRun } from '../src/report/terminal/describe-run';
import { sessionRemarks, sessionTable } from '../src/report/terminal/session-table';
import { chosenModels } from '../src/run/chosen-models';
import type { OpenSession } from '../src/session/open-session';
import { unusedModels } from './unused-models';

/** Marks where a run begins: in watch mode the session outlives it, and each run prints its own part. */
export function beginTelling({ session, board }: OpenSession): void {
  board.untold = { records: board.records.length, events: session.record.events.length };
}

/**
 * Prints what the evaluations of a run found and the table of its resources, or what of it is no table if the run wants
 * none, and writes `summary.json`. The reporter calls it, and the session's teardown again, where Jest may have no such
 * reporter. It never throws: Jest would tear down nothing then.
 *
 * @param isShard whether it is a part of a run, which need not use every model.
 * @returns an error that makes the run red: a chosen model that nothing ran with, logs that cannot be read, or a
 *   report that cannot be written.
 */
export function tellRun({ session, board }: OpenSession, isShard: boolean): Error | undefined {
  if (board.untold === undefined) return undefined;
  const records = board.records.slice(board.untold.records);
  const events = session.record.events.slice(board.untold.events);
  board.untold = undefined;
  const logs = records.flatMap(({ type, data }) =>
    type === evalRecordType ? [(data as unknown as EvalOutcome).log] : [],
  );
  const { tables } = board;
  const { text, errors } = report([...new Set(logs)], board);
  const unused = isShard ? undefined : unusedModels(chosenModels(process.env) ?? [], records);
  const ofResources = tables ? sessionTable(events) : sessionRemarks(events);
  const all = unused === undefined ? errors : [unused, ...errors];
  for (const part of [text, ofResources, ...all.map(({ message }) => message)]) {
    if (part !== '') process.stderr.write(`\n${part}\n`);
  }
  return all[0];
}

/** The logs of one run lie in one directory. */
function report(
  logs: readonly string[],
  { tables, report: isWanted }: Pick<OpenSession['board'], 'tables' | 'report'>,
): { readonly text: string; readonly errors: readonly Error[] } {
  const [first] = logs;
  if (first === undefined) return { text: '', errors: [] };
  const read = readRun(dirname(first), logs);
  const { directory, unreadable } = read;
  const errors = [
    unreadable.length === 0
      ? undefined
      : new ModelProviderError(
          'LOG_INVALID',
          `${unreadable.length} of the ${logs.length} logs of this run cannot be read; the report names them.`,
        ),
    // Without the directory there is nothing beside which it could lie.
    existsSync(directory) ? failureOf(() => writeSummary(read)) : undefined,
    isWanted ? failureOf(() => writeStepSummary(read)) : undefined,
  ];
  return { text: describeRun(read, { tables }), errors: errors.filter((error) => error !== undefined) };
}

function failureOf(write: () => void): Error | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
