import { ModelProviderError } from '../../base/errors';
import { redact } from '../../base/secrets';
import type { EvalRun, TranscriptMode } from '../../pattern/eval-run';
import { logPath, type LogName } from './log-path';
import {
  logSchema,
  type CallRecord,
  type FooterRecord,
  type HeaderRecord,
  type LogRecord,
  type SampleRecord,
} from './log-record';
import { LogWriter } from './log-writer';
import { loggable } from './loggable';
import { isSameProvenance, type Provenance } from './provenance';
import { readStartedLog, trialKey, type EvalLog } from './read-log';
import { makeRunDirectory } from './run-directory';
import { isAtLeast } from '../statistics/rounding';
import type { MadeCall } from '../transcripts/made-call';
import { TranscriptLog } from './transcript-log';
import { withoutSecrets } from './without-secrets';

const { existsSync } = process.getBuiltinModule('node:fs');

/** The log of one evaluation with one model in one run: what it has from earlier, and what is added. */
export class EvaluationLog {
  readonly path: string;
  readonly #run: EvalRun;
  readonly #name: LogName;
  readonly #provenance: Provenance;
  readonly #earlier: EvalLog | undefined;
  /** The trials that need not run again. */
  readonly #finished = new Map<string, SampleRecord>();
  /** Ids of the log that the data set has not had yet. */
  readonly #unseen = new Set<string>();
  /** Calls of nobody, before the log is begun. */
  readonly #early: CallRecord[] = [];
  #writer: LogWriter | undefined;
  readonly #transcripts: TranscriptLog;
  readonly #keeps: TranscriptMode;

  /**
   * @throws ModelProviderError `LOG_INVALID` for a log that is damaged, for a file that is not one, and for the
   *   log of another project.
   */
  constructor(run: EvalRun, name: LogName, provenance: Provenance, keeps: TranscriptMode = 'none') {
    this.#run = run;
    this.#keeps = keeps;
    this.#name = name;
    this.#provenance = withoutSecrets(provenance);
    this.path = logPath(run.directory, name);
    this.#transcripts = new TranscriptLog(run, this.path);
    this.#earlier = existsSync(this.path) ? readStartedLog(this.path) : undefined;
    this.#requireSameProject();
    if (this.#earlier === undefined || !isSameProvenance(this.#earlier.header, this.#provenance)) return;
    this.#earlier.eachFinished((record) => {
      this.#unseen.add(record.id);
      if (!runsAgain(record, run)) this.#finished.set(trialKey(record), record);
    });
  }

  /** A part of a run, such as what had failed in it, may leave out the project that has written the log. */
  #requireSameProject(): void {
    const [theirs, own] = [this.#earlier?.header.project, this.#name.project];
    if (theirs === undefined || own === undefined || theirs === own) return;
    throw new ModelProviderError(
      'LOG_INVALID',
      `The log ${this.path} was written by another project of Jest, or before the order of the projects changed: without a displayName they cannot be told apart. Give each project of jest.config a displayName of its own, and run the evaluation again.`,
    );
  }

  /** Whether there is a log: this run has written to it, or an earlier one. */
  get hasBegun(): boolean {
    return this.#writer !== undefined || this.#earlier !== undefined;
  }

  /** What the calls of the runs that this one goes on with have cost. */
  get spentBefore(): number {
    return this.#earlier?.spent.total ?? 0;
  }

  /** The trial as an earlier run has left it, or undefined if it has to run. */
  finished(given: string, trial: number): SampleRecord | undefined {
    if (this.#earlier === undefined) return undefined;
    const id = redact(given);
    this.#unseen.delete(id);
    const key = trialKey({ id, trial });
    const record = this.#finished.get(key);
    this.#finished.delete(key);
    return record;
  }

  /** Writes the header: what follows was made by this run, with what it names. */
  begin({
    resource,
    dataset,
    options,
    prices,
  }: Pick<HeaderRecord, 'resource' | 'dataset' | 'options' | 'prices'>): void {
    const { run, git, seed, packages } = this.#run;
    this.#append({
      type: 'header',
      schema: logSchema,
      run,
      at: now(),
      ...this.#name,
      ...this.#provenance,
      resource,
      git,
      seed,
      packages,
      dataset,
      options,
      prices,
    });
    for (const call of this.#early.splice(0)) this.unattributed(call);
  }

  /** Keeps a call that belongs to no sample. */
  unattributed(call: CallRecord): void {
    if (this.#writer === undefined) this.#early.push(call);
    else this.#append({ type: 'unattributed', at: now(), call });
  }

  /** The calls of no sample that an earlier run has kept, if its samples count. */
  eachEarlierUnattributed(visit: (call: CallRecord) => void): void {
    if (this.#earlier !== undefined && isSameProvenance(this.#earlier.header, this.#provenance))
      this.#earlier.eachUnattributed(visit);
  }

  /**
   * Writes a trial as the log can hold it, without secrets, and before it what was said in its calls; returns
   * what the log has.
   */
  keep(record: SampleRecord, made: readonly MadeCall[] = []): SampleRecord {
    // A process that is killed between the two runs the trial again, and has both of it.
    if (made.length > 0 && (this.#keeps === 'all' || (this.#keeps === 'failed' && isFailed(record))))
      this.#transcripts.keep(record, made);
    return this.#append(loggable(record));
  }

  /** Notes that a resource died and is started again. */
  restarted(reason: string): void {
    this.#append({ type: 'restart', at: now(), reason });
  }

  /**
   * Writes the footer and closes the log; does nothing if there is no log yet. Samples that the data set no
   * longer has are dropped, if it was read to its end.
   *
   * @throws ModelProviderError `LOG_INVALID` if somebody else has changed it meanwhile.
   */
  end(footer: Omit<FooterRecord, 'type' | 'at' | 'dropped'>): void {
    if (!this.hasBegun) return;
    const dropped = footer.status === 'complete' ? [...this.#unseen] : [];
    this.#append({ type: 'footer', at: now(), ...footer, dropped });
    this.#writer?.requireWhole();
    this.#transcripts.end();
    this.close();
  }

  close(): void {
    this.#writer?.close();
    this.#writer = undefined;
    this.#transcripts.close();
  }

  #append<T extends LogRecord>(record: T): T {
    this.#writer ??= this.#open();
    return this.#writer.append(record);
  }

  #open(): LogWriter {
    makeRunDirectory(this.#run);
    const { length = 0, torn = 0 } = this.#earlier ?? {};
    const writer = new LogWriter(this.path, length);
    if (torn > 0) writer.append({ type: 'cut', at: now(), bytes: torn });
    return writer;
  }
}

function runsAgain(record: SampleRecord, { rerun, recordings: { mode } }: EvalRun): boolean {
  // A run of the resources themselves takes over no answer that was not theirs.
  const isLive = mode === 'off' || mode === 'record';
  if (isLive && record.calls?.some(({ replayed }) => replayed === true) === true) return true;
  if (rerun === null || rerun === 'all') return rerun === 'all';
  return rerun === 'failed' ? isFailed(record) : record.error !== undefined;
}

/** Whether a trial is an error or a wrong answer: false, or less than 1, as with `toScore`. */
function isFailed({ error, scores }: SampleRecord): boolean {
  if (error !== undefined) return true;
  return scores.some(({ value }) => value !== null && !isAtLeast(Number(value), 1));
}

function now(): string {
  return new Date().toISOString();
}
