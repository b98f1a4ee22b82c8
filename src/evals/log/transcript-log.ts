import type { EvalRun } from '../../pattern/eval-run';
import type { MadeCall } from '../transcripts/made-call';
import { transcriptOf } from '../transcripts/trial-transcript';
import { transcriptsPath } from './log-path';
import type { SampleRecord } from './log-record';
import { LogWriter } from './log-writer';
import { makeRunDirectory } from './run-directory';
import { endOfTranscripts } from './read-transcripts';
import { transcriptSchema } from './transcript-record';

const { existsSync } = process.getBuiltinModule('node:fs');

/** What was said in the calls of an evaluation with one model, in a file beside its log. */
export class TranscriptLog {
  readonly #run: EvalRun;
  readonly #path: string;
  #writer: LogWriter | undefined;

  /** @param log its path. */
  constructor(run: EvalRun, log: string) {
    this.#run = run;
    this.#path = transcriptsPath(log);
  }

  /**
   * Writes the calls of a trial.
   *
   * @throws ModelProviderError `LOG_INVALID` if the file cannot be written, or is none of transcripts.
   */
  keep({ id, trial, at }: SampleRecord, made: readonly MadeCall[]): void {
    this.#writer ??= this.#open();
    this.#writer.append({ type: 'trial', id, trial, at, ...transcriptOf(made) });
  }

  /** @throws ModelProviderError `LOG_INVALID` if somebody else has changed it meanwhile. */
  end(): void {
    this.#writer?.requireWhole();
    this.close();
  }

  close(): void {
    this.#writer?.close();
    this.#writer = undefined;
  }

  #open(): LogWriter {
    makeRunDirectory(this.#run);
    const { length, torn } = existsSync(this.#path) ? endOfTranscripts(this.#path) : { length: 0, torn: 0 };
    const writer = new LogWriter(this.#path, length);
    const at = new Date().toISOString();
    if (length === 0)
      writer.append({ type: 'transcripts', schema: transcriptSchema, run: this.#run.run, at });
    if (torn > 0) writer.append({ type: 'cut', at, bytes: torn });
    return writer;
  }
}
