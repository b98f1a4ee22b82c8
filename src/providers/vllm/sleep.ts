import { cut } from '../../base/cut';
import { setTimeout as delay } from 'node:timers/promises';
import type { SleepSteps } from '../../pattern/resource-context';
import { anySignal } from '../../base/any-signal';
import { messageOf } from '../../base/errors';
import { printable } from '../../base/printable';
import { loopbackRequest, type LoopbackRequest } from '../../process/readiness/loopback-request';
import type { ReadinessCheck } from '../../process/readiness/readiness';
import type { StartingServer } from '../../process/readiness/readiness-checks';
import { gibibytes } from '../gpu/gpu-memory';
import type { SleepingMemory } from '../gpu/sleeping-memory';

/** A server that can sleep. */
export interface SleepingServer {
  readonly memory: SleepingMemory;
  /** MiB that its weights take; undefined if that is unknown. */
  readonly weightsMiB: () => number | undefined;
  /** The most milliseconds for each of its answers. */
  readonly answerMs: number;
}

type Question = Pick<LoopbackRequest, 'path' | 'method' | 'body'>;

// vLLM frees the memory before it answers.
const freeMs = 5000;
// The weights, plus what copying them takes.
const hostShare = 1.2;
const exitMs = 1000;

/**
 * Puts one vLLM server to sleep and wakes it. Its weights wait in the machine's memory meanwhile (level 1).
 * The server's own report is not trusted: vLLM has answered `200` to a sleep that kept its memory, and has
 * woken to gibberish. https://docs.vllm.ai/en/latest/features/sleep_mode/,
 * https://github.com/vllm-project/vllm/issues/47654 and 29341
 */
export class VllmSleep implements SleepSteps {
  readonly #options: SleepingServer;
  #server: StartingServer | undefined;
  #answer = '';
  #isResting = false;

  constructor(options: SleepingServer) {
    this.#options = options;
  }

  /** The last check of a start. Its answer is the one that the server must give again after each sleep. */
  firstAnswer(server: StartingServer): ReadinessCheck {
    return {
      title: 'an answer to compare with',
      check: async (signal) => {
        this.#server = server;
        this.#answer = await this.#greedyAnswer(signal);
        return true;
      },
    };
  }

  /** Whether the server is asleep, falling asleep or waking. */
  get isResting(): boolean {
    return this.#isResting;
  }

  async sleep(signal: AbortSignal): Promise<void> {
    this.#isResting = true;
    const { memory } = this.#options;
    await memory.measure(this.#require().process.pid);
    this.#requireHostMemory();
    await this.#ask({ path: '/sleep?level=1', method: 'POST' }, signal);
    await this.#requireState(true, signal);
    await memory.untilFree(freeMs, signal);
  }

  async wake(signal: AbortSignal): Promise<void> {
    await this.#options.memory.requireRoom();
    await this.#ask({ path: '/wake_up', method: 'POST' }, signal);
    await this.#requireState(false, signal);
    const answer = await this.#greedyAnswer(signal);
    if (answer !== this.#answer) throw new Error(`it answers ${answer} where it answered ${this.#answer}`);
    this.#isResting = false;
  }

  #require(): StartingServer {
    if (this.#server === undefined) throw new Error('it has not started');
    return this.#server;
  }

  #requireHostMemory(): void {
    const { memory, weightsMiB } = this.#options;
    const weights = weightsMiB();
    // Without the size of the weights, all the memory that the server holds is the upper bound.
    const needed = hostShare * (weights ?? memory.awakeMiB);
    const available = process.availableMemory() / 2 ** 20;
    if (available >= needed) return;
    throw new Error(
      `${weights === undefined ? 'it may need' : 'its weights need'} ${gibibytes(needed)} GiB of this machine's memory while it sleeps, and ${gibibytes(available)} GiB are available`,
    );
  }

  async #requireState(isSleeping: boolean, signal: AbortSignal): Promise<void> {
    const body = await this.#ask({ path: '/is_sleeping' }, signal);
    if ((parsed(body) as { is_sleeping?: unknown }).is_sleeping === isSleeping) return;
    throw new Error(
      `GET /is_sleeping answers ${cut(printable(body), 200)} after it was ${isSleeping ? 'put to sleep' : 'woken'}`,
    );
  }

  async #greedyAnswer(signal: AbortSignal): Promise<string> {
    const messages = [{ role: 'user', content: 'Count from one to ten in words.' }];
    const body = { model: this.#require().askAs, messages, max_tokens: 8, temperature: 0, seed: 0 };
    const text = await this.#ask({ path: '/v1/chat/completions', method: 'POST', body }, signal);
    const { choices = [] } = parsed(text) as { choices?: { message?: unknown }[] };
    return JSON.stringify(choices[0]?.message ?? null);
  }

  async #ask(question: Question, signal: AbortSignal): Promise<string> {
    const { port, apiKey } = this.#require();
    const { answerMs } = this.#options;
    const limit = AbortSignal.timeout(answerMs);
    const title = `${question.method ?? 'GET'} ${question.path}`;
    const asked = loopbackRequest({ ...question, port, apiKey, signal: anySignal(signal, limit) });
    const { status, body } = await asked.catch(async (error: unknown) => {
      if (limit.aborted) throw new Error(`${title} was not answered within ${answerMs} ms`, { cause: error });
      await this.#throwIfDead(signal);
      throw new Error(`${title} failed: ${messageOf(error)}`, { cause: error });
    });
    if (status !== 200) throw new Error(`${title} was answered with HTTP ${status}`);
    return body;
  }

  /** A connection breaks shortly before the end of its server is known. The signal tells of that end. */
  async #throwIfDead(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#require().process.exited, delay(exitMs, undefined, { ref: false })]);
    signal.throwIfAborted();
  }
}

function parsed(body: string): object {
  try {
    return Object(JSON.parse(body)) as object;
  } catch {
    return {};
  }
}
