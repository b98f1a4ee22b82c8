import { appendFileSync, closeSync, fdatasyncSync, ftruncateSync, openSync } from 'node:fs';
import { messageOf, ModelProviderError } from '../../pattern/errors';
import type { LogRecord } from './log-record';

/** The one writer of a log: a line for each record, in the file when the call returns. Nothing written is ever changed. */
export class LogWriter {
  readonly #path: string;
  readonly #file: number;

  /**
   * @param path a log that exists is continued.
   * @param length bytes of its complete lines; a torn one behind them is cut.
   * @throws ModelProviderError `LOG_INVALID` if the file cannot be written.
   */
  constructor(path: string, length: number) {
    this.#path = path;
    this.#file = this.#attempt(() => {
      const file = openSync(path, 'a', 0o600);
      ftruncateSync(file, length);
      return file;
    });
  }

  append(record: LogRecord): void {
    this.#attempt(() => appendFileSync(this.#file, `${JSON.stringify(record)}\n`));
  }

  /** Makes what is written outlast a loss of power, and closes the file. A killed process loses nothing before that either. */
  close(): void {
    this.#attempt(() => fdatasyncSync(this.#file));
    closeSync(this.#file);
  }

  #attempt<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      throw new ModelProviderError(
        'LOG_INVALID',
        `The log ${this.#path} cannot be written: ${messageOf(error)}.`,
        { cause: error },
      );
    }
  }
}
