import { existsSync } from 'node:fs';
import { makeRunDirectory, type EvalRun } from '../../pattern/eval-run';
import { logPath, type LogName } from './log-path';
import type { FooterRecord, LogRecord, SampleRecord } from './log-record';
import type { Making } from '../evaluation-plan';
import { LogWriter } from './log-writer';
import { isSameMaking, readStartedLog, trialKey, type EvalLog } from './read-log';

/** The log of one evaluation with one model in one run: what it has from earlier, and what is added. */
export class EvaluationLog {
  readonly path: string;
  readonly #run: EvalRun;
  readonly #earlier: EvalLog | undefined;
  /** The trials that need not run again. */
  readonly #finished = new Map<string, SampleRecord>();
  /** Ids of the log that the data set has not had yet. */
  readonly #unseen = new Set<string>();
  #writer: LogWriter | undefined;

  /** @throws ModelProviderError `LOG_INVALID` for a log that is damaged, or none. */
  constructor(run: EvalRun, name: LogName, making: Making) {
    this.#run = run;
    this.path = logPath(run.directory, name);
    this.#earlier = existsSync(this.path) ? readStartedLog(this.path) : undefined;
    if (this.#earlier === undefined || !isSameMaking(this.#earlier.header, making)) return;
    this.#earlier.eachFinished((record) => {
      this.#unseen.add(record.id);
      if (!runsAgain(record, run.rerun)) this.#finished.set(trialKey(record), record);
    });
  }

  /** The trial as an earlier run has left it, or undefined if it has to run. */
  finished(id: string, trial: number): SampleRecord | undefined {
    this.#unseen.delete(id);
    const key = trialKey({ id, trial });
    const record = this.#finished.get(key);
    this.#finished.delete(key);
    return record;
  }

  /** Closes the run over the data set; does nothing if there is no log yet. Only a data set that was read to its end drops samples. */
  end(footer: Omit<FooterRecord, 'dropped'>): void {
    if (this.#writer === undefined && this.#earlier === undefined) return;
    this.append({ ...footer, dropped: footer.status === 'complete' ? [...this.#unseen] : [] });
    this.close();
  }

  close(): void {
    this.#writer?.close();
    this.#writer = undefined;
  }

  /** Writes a line. The first one of a run is its header. */
  append(record: LogRecord): void {
    this.#writer ??= this.#open();
    this.#writer.append(record);
  }

  #open(): LogWriter {
    makeRunDirectory(this.#run);
    const { length = 0, torn = 0 } = this.#earlier ?? {};
    const writer = new LogWriter(this.path, length);
    if (torn > 0) writer.append({ type: 'cut', at: new Date().toISOString(), bytes: torn });
    return writer;
  }
}

/** A wrong answer is right or wrong of less than 1, as with `toScore`. */
function runsAgain({ error, scores }: SampleRecord, rerun: EvalRun['rerun']): boolean {
  if (rerun === 'all') return true;
  if (rerun === null) return false;
  if (error !== undefined) return true;
  return rerun === 'failed' && scores.some(({ value }) => value !== null && Number(value) < 1);
}
