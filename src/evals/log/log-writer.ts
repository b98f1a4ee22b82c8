import { closeSync, fdatasyncSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { messageOf, ModelProviderError } from '../../pattern/errors';
import { stringify } from '../hot-globals';
import type { LogRecord } from './log-record';

/** The one writer of a log: a line for each record, in the file when the call returns. Nothing written is ever changed. */
export class LogWriter {
  readonly #path: string;
  readonly #file: number;
  #failure: ModelProviderError | undefined;

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

  /**
   * @throws ModelProviderError `LOG_INVALID` if the file cannot be written, as after that for good: a part of a line may be there, and
   *   what came behind it would spoil the log. TypeError for a record that JSON cannot hold; then nothing is written.
   */
  append(record: LogRecord): void {
    if (this.#failure !== undefined) throw this.#failure;
    const line = `${stringify(record)}\n`;
    this.#attempt(() => writeFileSync(this.#file, line));
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
      this.#failure = new ModelProviderError(
        'LOG_INVALID',
        `The log ${this.#path} cannot be written: ${messageOf(error)}.`,
        { cause: error },
      );
      throw this.#failure;
    }
  }
}
