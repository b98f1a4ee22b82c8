import { messageOf, ModelProviderError } from '../../base/errors';
import { stringify } from '../../base/hot-globals';
import { keepSecretsOf } from '../../base/secrets';
import type { LogRecord } from './log-record';
import type { TranscriptRecord } from './transcript-record';
import { recordWithoutSecrets } from './without-secrets';

const { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, statSync, writeFileSync } =
  process.getBuiltinModule('node:fs');
// A constant: the global is a lookup in the sandbox for every line.
const { Buffer } = process.getBuiltinModule('node:buffer');

/**
 * The only writer of a log, or of a file of transcripts. A record is a line, which is in the file when the call returns and is never
 * changed.
 */
export class LogWriter {
  readonly #path: string;
  readonly #file: number;
  /** Bytes of the file, as far as nobody else changes it. */
  #length: number;
  #failure: ModelProviderError | undefined;

  /**
   * @param path a log that exists is continued.
   * @param length bytes of its complete lines; a torn one behind them is cut.
   * @throws ModelProviderError `LOG_INVALID` if the file cannot be written.
   */
  constructor(path: string, length: number) {
    this.#path = path;
    this.#length = length;
    keepSecretsOf(process.env);
    this.#file = this.#attempt(() => {
      const file = openSync(path, 'a', 0o600);
      ftruncateSync(file, length);
      return file;
    });
  }

  /**
   * Writes a record, without the secrets in it.
   *
   * @returns the record as it was written.
   * @throws ModelProviderError `LOG_INVALID` if the file cannot be written, and from then on always: part of
   *   a line may be there, and a line behind it would damage the log. TypeError for a record that JSON cannot
   *   hold; then nothing is written.
   */
  append<T extends LogRecord | TranscriptRecord>(record: T): T {
    if (this.#failure !== undefined) throw this.#failure;
    const line = stringify(record);
    const redacted = recordWithoutSecrets(line) as T | undefined;
    const written = `${redacted === undefined ? line : stringify(redacted)}\n`;
    this.#attempt(() => writeFileSync(this.#file, written));
    this.#length += Buffer.byteLength(written);
    return redacted ?? record;
  }

  /**
   * Requires that all lines are still where they were written.
   *
   * @throws ModelProviderError `LOG_INVALID` if the file was deleted, replaced, shortened or written by others.
   */
  requireWhole(): void {
    const [here, there] = [fstatSync(this.#file), statSync(this.#path, { throwIfNoEntry: false })];
    const change =
      there === undefined
        ? 'was deleted'
        : there.ino !== here.ino || there.dev !== here.dev
          ? 'was replaced by another file'
          : here.size < this.#length
            ? `was shortened, from ${this.#length} to ${here.size} bytes,`
            : here.size > this.#length
              ? 'was written by another program'
              : undefined;
    if (change === undefined) return;
    throw new ModelProviderError(
      'LOG_INVALID',
      `The log ${this.#path} ${change} while the evaluation went on: what it had is lost. Run the evaluation again, and let nothing else write or clean .evals meanwhile.`,
    );
  }

  /**
   * Flushes to the disk, against a loss of power, and closes the file. A killed process loses nothing even
   * before.
   */
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
