import { isFrozen, type ProcessIdentity } from '../os/process-identity';

/** How long an asked process may be silent, in milliseconds. */
export interface SilenceLimits {
  /** For one that may be slow, on a machine that is loaded. */
  readonly silentMs: number;
  /** For one that cannot answer, since it is frozen, and when there is no more time to lose. */
  readonly shortMs: number;
}

/** A question that waits for its answer. */
interface Question {
  readonly limitMs: number;
  leftMs: number;
}

const tickMs = 200;
// Time in which this process did not run does not count: when the machine stands still, nobody answers.
const mostOfTickMs = 2 * tickMs;

/**
 * Watches over a process that is being asked: while a question is open it has to answer pings, and each
 * question has a limit of its own. So a slow answer is waited for, and a process that hangs is not.
 */
export class AnswerWatch {
  readonly #asked: ProcessIdentity;
  readonly #limits: SilenceLimits;
  readonly #ping: () => Promise<unknown>;
  readonly #giveUp: (why: string) => void;
  readonly #hurry: AbortSignal;
  readonly #questions = new Set<Question>();
  #timer: NodeJS.Timeout | undefined;
  #at = 0;
  #silentMs = 0;
  #isPinging = false;

  /**
   * @param ping resolves when the process answers.
   * @param giveUp called when it is taken for lost, with what it did: "gave no sign of life for 20 s".
   * @param hurry makes the short limit count when aborted.
   */
  constructor(
    asked: ProcessIdentity,
    limits: SilenceLimits,
    hurry: AbortSignal,
    ping: () => Promise<unknown>,
    giveUp: (why: string) => void,
  ) {
    this.#asked = asked;
    this.#limits = limits;
    this.#hurry = hurry;
    this.#ping = ping;
    this.#giveUp = giveUp;
  }

  /** Watches until `answer` settles. */
  async over<T>(answer: Promise<T>, limitMs: number): Promise<T> {
    const question: Question = { limitMs, leftMs: limitMs };
    this.#questions.add(question);
    this.#start();
    try {
      return await answer;
    } finally {
      this.#questions.delete(question);
      if (this.#questions.size === 0) this.#stop();
    }
  }

  #start(): void {
    if (this.#timer !== undefined) return;
    this.#at = performance.now();
    this.#silentMs = 0;
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const now = performance.now();
    const passed = Math.min(now - this.#at, mostOfTickMs);
    this.#at = now;
    this.#silentMs += passed;
    for (const question of this.#questions) question.leftMs -= passed;
    const why = this.#whyLost();
    if (why === undefined) {
      void this.#sendPing();
    } else {
      this.#stop();
      this.#giveUp(why);
    }
  }

  #whyLost(): string | undefined {
    const { silentMs, shortMs } = this.#limits;
    if (this.#silentMs > shortMs && isFrozen(this.#asked))
      return `was frozen (SIGSTOP) for ${seconds(shortMs)} s`;
    const limitMs = this.#hurry.aborted ? shortMs : silentMs;
    if (this.#silentMs > limitMs) return `gave no sign of life for ${seconds(limitMs)} s`;
    const late = [...this.#questions].find(({ leftMs }) => leftMs < 0);
    return late && `did not do what it was asked to within ${seconds(late.limitMs)} s`;
  }

  async #sendPing(): Promise<void> {
    if (this.#isPinging) return;
    this.#isPinging = true;
    try {
      await this.#ping();
      this.#isPinging = false;
      this.#silentMs = 0;
    } catch {
      // The connection is closed: the end of the process will be known soon, or the limit comes.
    }
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
