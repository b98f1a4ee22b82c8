import { ModelProviderError } from '../../base/errors';
import type { CallRecord, FooterRecord, HeaderRecord, LogRecord, SampleRecord } from './log-record';
import type { Spent } from './eval-summary';
import { exactly } from '../../base/exactly';
import type { LogEnd } from './log-lines';
import { visitLog } from './visit-log';
import { isSameProvenance } from './provenance';

/** A log, read to its end. */
export interface EvalLog {
  readonly path: string;
  /** The last one: where the log was continued, it says how. */
  readonly header: HeaderRecord;
  /** Undefined if the last run over the data set was killed. */
  readonly footer: FooterRecord | undefined;
  /** Bytes of complete lines, and of the line that was being written when the process was killed. */
  readonly length: number;
  readonly torn: number;
  readonly restarts: number;
  /** What the calls of the last run, and of all runs that have written to it, have cost, as far as it is known. */
  readonly spent: Spent;
  /** Calls `visit` with each sample that counts, in the order in which they ended. Reads the file anew. */
  eachSample(visit: (sample: SampleRecord) => void): void;
  /**
   * The same with those that the last footer dropped: they are finished all the same, should they come back.
   */
  eachFinished(visit: (sample: SampleRecord) => void): void;
  /** Calls `visit` with each call that belongs to no sample. */
  eachUnattributed(visit: (call: CallRecord) => void): void;
}

/**
 * Reads a log. The samples that count are the last of each id and trial, made by the code and the model of
 * the last header, without those that the last footer dropped.
 *
 * @throws ModelProviderError `LOG_INVALID`.
 */
export function readLog(path: string): EvalLog {
  const log = readStartedLog(path);
  if (log === undefined) throw new ModelProviderError('LOG_INVALID', `The log ${path} is empty.`);
  return log;
}

/**
 * Reads a log as {@link readLog} does; undefined if its process was killed before the first line was there.
 */
export function readStartedLog(path: string): EvalLog | undefined {
  const { header, footer, restarts, spent, runs, ...end } = scan(path);
  if (header === undefined) return undefined;
  // Only a run that continues a log repeats trials of it.
  const superseded = runs > 1 ? supersededLines(path) : new Set<number>();
  const dropped = new Set(footer === undefined ? [] : footer.dropped);
  const each = (visit: (record: LogRecord, number: number) => void): void => {
    let counts = false;
    visitLog(path, (record, number) => {
      if (record.type === 'header') counts = isSameProvenance(record, header);
      if (counts) visit(record, number);
    });
  };
  const eachFinished = (visit: (sample: SampleRecord) => void): void =>
    each((record, number) => record.type === 'sample' && !superseded.has(number) && visit(record));
  return {
    path,
    header,
    // A torn line behind it belongs to a later run.
    footer: end.torn > 0 ? undefined : footer,
    ...end,
    restarts,
    spent,
    eachFinished,
    eachUnattributed: (visit) => each((record) => record.type === 'unattributed' && visit(record.call)),
    eachSample: (visit) => eachFinished((record) => dropped.has(record.id) || visit(record)),
  };
}

interface Scan extends LogEnd {
  readonly header: HeaderRecord | undefined;
  readonly footer: FooterRecord | undefined;
  readonly restarts: number;
  readonly spent: Spent;
  /** How many runs have written to it. */
  readonly runs: number;
}

function scan(path: string): Scan {
  let header: HeaderRecord | undefined;
  let footer: FooterRecord | undefined;
  let [restarts, runs] = [0, 0];
  let [spent, spentByRun] = [0, 0];
  const end = visitLog(path, (record) => {
    // The footer knows of more calls than there are in the samples; a run that was killed has none.
    if (record.type === 'footer') spentByRun = record.summary.spent?.now ?? spentByRun;
    if (record.type === 'sample') for (const { cost = 0 } of record.calls ?? []) spentByRun += cost;
    if (record.type === 'unattributed') spentByRun += record.call.cost ?? 0;
    if (record.type === 'restart') restarts += 1;
    else footer = record.type === 'footer' ? record : undefined;
    if (record.type !== 'header') return;
    header = record;
    runs += 1;
    spent += spentByRun;
    spentByRun = 0;
  });
  return {
    header,
    footer,
    restarts,
    spent: { now: exactly(spentByRun), total: exactly(spent + spentByRun) },
    runs,
    ...end,
  };
}

/**
 * The numbers of the lines whose trial has a later line. All ids are in memory while it reads, and only then.
 */
function supersededLines(path: string): ReadonlySet<number> {
  const last = new Map<string, number>();
  const superseded = new Set<number>();
  visitLog(path, (record, number) => {
    if (record.type !== 'sample') return;
    const key = trialKey(record);
    const before = last.get(key);
    if (before !== undefined) superseded.add(before);
    last.set(key, number);
  });
  return superseded;
}

/** Names one trial of one sample within a log. */
export function trialKey({ id, trial }: Pick<SampleRecord, 'id' | 'trial'>): string {
  return `${id}/${trial}`;
}
