import { printable } from '../pattern/printable';

/** Where progress lines go; `process.stderr` by default. */
export interface ProgressOutput {
  write(text: string): unknown;
}

const firstLineMs = 2000;
const linesEveryMs = 10_000;
const repeatedAfterMs = 1000;

/**
 * Says what long starts are waiting for: `llama:model.gguf loading 12 s, waiting for health`. Nothing is printed about a
 * start of less than two seconds; then a line every ten. Whole lines only, so that CI logs and Jest's own display stay readable;
 * many that wait for the same say it once.
 */
export class ProgressPrinter {
  readonly #output: ProgressOutput;
  #printed = { line: '', atMs: 0 };

  constructor(output: ProgressOutput = process.stderr) {
    this.#output = output;
  }

  /**
   * Begins to watch something that takes time; call the result's `done` at its end, however it ends.
   *
   * @param applies whether a line is due now; by default always.
   */
  watch(
    title: string,
    activity: string,
    applies = (): boolean => true,
  ): { say(message: string): void; done(): void } {
    const start = performance.now();
    let message = '';
    const print = (): void => {
      if (!applies()) return;
      const seconds = Math.round((performance.now() - start) / 1000);
      const line = `${title} ${activity} ${seconds} s${message === '' ? '' : `, ${message}`}`;
      this.#print(printable(line));
    };
    let timer = setTimeout(function tick() {
      print();
      timer = setTimeout(tick, linesEveryMs).unref();
    }, firstLineMs).unref();
    return {
      say: (next) => {
        message = next;
      },
      done: () => clearTimeout(timer),
    };
  }

  #print(line: string): void {
    const now = performance.now();
    if (line === this.#printed.line && now - this.#printed.atMs < repeatedAfterMs) return;
    this.#printed = { line, atMs: now };
    this.#output.write(`${line}\n`);
  }
}
