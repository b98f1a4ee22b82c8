import type { EvalProgress } from '../pattern/eval-progress';
import { printable } from '../base/printable';

/** Where progress goes; `process.stderr` by default. */
export interface ProgressTerminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const redrawEveryMs = 100;
const linesEveryMs = 10_000;
const eraseLine = '\r\u001B[K';

/**
 * Shows how far evaluations are: `arithmetic embedded:expert 120/1,040, 2 errors`. On a terminal it is one
 * line, redrawn at most ten times a second; elsewhere, and in CI, whole lines, one for every ten seconds of
 * an evaluation.
 */
export class ProgressDisplay {
  readonly #terminal: ProgressTerminal;
  readonly #now: () => number;
  readonly #isLive: boolean;
  readonly #running = new Map<string, { update: EvalProgress; saidAt: number }>();
  #drawnAt = -Infinity;

  constructor(terminal: ProgressTerminal = process.stderr, now = (): number => performance.now()) {
    this.#terminal = terminal;
    this.#now = now;
    this.#isLive = terminal.isTTY === true && (process.env['CI'] ?? '') === '';
  }

  /** Shows an update, if the last one is long enough ago. */
  show(update: EvalProgress): void {
    const now = this.#now();
    const saidAt = this.#running.get(update.id)?.saidAt ?? now;
    if (update.isOver) this.#running.delete(update.id);
    else this.#running.set(update.id, { update, saidAt });
    if (this.#isLive) this.#draw(now, update.isOver);
    else if (!update.isOver && now - saidAt >= linesEveryMs) {
      this.#running.set(update.id, { update, saidAt: now });
      this.#terminal.write(`${describe(update)}\n`);
    }
  }

  #draw(now: number, isOver: boolean): void {
    if (!isOver && now - this.#drawnAt < redrawEveryMs) return;
    this.#drawnAt = now;
    const line = [...this.#running.values()].map(({ update }) => describe(update)).join(' · ');
    // A terminal that does not know its width reports 0.
    const width = this.#terminal.columns || 80;
    // The cursor returns to the start of the line, so that what Jest prints next overwrites it.
    this.#terminal.write(`${eraseLine}${line.slice(0, width - 1)}\r`);
  }
}

function describe({ title, model, done, total, errors }: EvalProgress): string {
  const count = total === null ? number(done) : `${number(done)}/${number(total)}`;
  const failed = errors === 0 ? [] : [`${number(errors)} ${errors === 1 ? 'error' : 'errors'}`];
  return printable([[title, model, count].filter((part) => part !== '').join(' '), ...failed].join(', '));
}

function number(count: number): string {
  return count.toLocaleString('en');
}
