import { printable } from '../../base/printable';

/** Where progress lines go; `process.stderr` by default. */
export interface ProgressOutput {
  write(text: string): unknown;
}

const firstLineMs = 2000;
const linesEveryMs = 10_000;
const repeatedAfterMs = 1000;

/**
 * Prints what long starts wait for: `llama:model.gguf loading 12 s, waiting for health`. The first line comes
 * after two seconds, then one every ten. Only whole lines are written, so that CI logs and Jest's own display
 * stay readable. Of equal lines within a second one is printed.
 */
export class ProgressPrinter {
  readonly #output: ProgressOutput;
  #printed = { line: '', atMs: 0 };

  constructor(output: ProgressOutput = process.stderr) {
    this.#output = output;
  }

  /**
   * Begins to watch an activity; call the result's `done` at its end, however it ends.
   *
   * @param describe what it is busy with, asked for when a line is due; undefined if it needs no line now. By
   *   default what was last said.
   */
  watch(
    title: string,
    activity: string,
    describe?: () => string | undefined,
  ): { say(message: string): void; done(): void } {
    const start = performance.now();
    let said = '';
    const print = (): void => {
      const message = describe === undefined ? said : describe();
      if (message === undefined) return;
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
        said = next;
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
