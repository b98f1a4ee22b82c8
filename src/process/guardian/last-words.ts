import { redact } from '../../base/secrets';
import { stripControl } from '../output/strip-control';

const mostBytes = 16 * 1024;
const mostLines = 10;
const mostCharacters = 500;
// The cause, among the source lines and stacks that Node prints around it.
const causes = /error\b|fatal|assertion|cannot|failed|denied|unavailable|no space|not found/i;

/** The last lines that a process has printed, which say why it ended. */
export class LastWords {
  #text = '';

  constructor(stream: NodeJS.ReadableStream) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => (this.#text = (this.#text + chunk).slice(-mostBytes)));
    stream.on('error', () => undefined);
  }

  /** The line that most likely names the cause; undefined if nothing was printed. */
  get cause(): string | undefined {
    const lines = this.#lines;
    return lines.find((line) => causes.test(line)) ?? lines.at(-1);
  }

  /** All last lines, for below the first line of an error: empty, or beginning with a line break. */
  get below(): string {
    const lines = this.#lines.slice(-mostLines);
    return lines.length < 2 ? '' : `\nIts last lines:\n${lines.map((line) => `  | ${line}`).join('\n')}`;
  }

  get #lines(): string[] {
    return this.#text
      .split(/\r?\n|\r/)
      .map((line) => redact(stripControl(line)).trim().slice(0, mostCharacters))
      .filter((line) => line !== '');
  }
}
