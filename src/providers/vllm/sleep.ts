import { setTimeout as delay } from 'node:timers/promises';
import type { SleepSteps } from '../../pattern/resource-context';
import { messageOf } from '../../pattern/errors';
import { loopbackRequest, type LoopbackRequest } from '../../process/loopback-request';
import type { ReadinessCheck } from '../../process/readiness';
import type { StartingServer } from '../../process/readiness-checks';
import { gibibytes } from '../gpu/gpu-memory';
import type { SleepingMemory } from '../gpu/sleeping-memory';

/** What a server that can sleep is. */
export interface SleepingServer {
  readonly memory: SleepingMemory;
  /** MiB that its weights take; undefined if that is not known. */
  readonly weightsMiB: () => number | undefined;
  /** Milliseconds that each of its answers may take. */
  readonly answerMs: number;
}

type Question = Pick<LoopbackRequest, 'path' | 'method' | 'body'>;

// Sleeping frees the memory before it is answered.
const freeMs = 5000;
// The weights, and what copying them takes besides.
const hostShare = 1.2;
const exitMs = 1000;

/**
 * Puts one vLLM server to sleep and wakes it. Its weights wait in the machine's memory meanwhile (level 1), and what the server says of
 * itself is not believed: it has slept through `200` with its memory kept, and woken to gibberish.
 * https://docs.vllm.ai/en/latest/features/sleep_mode/, https://github.com/vllm-project/vllm/issues/47654 and 29341
 */
export class VllmSleep implements SleepSteps {
  readonly #options: SleepingServer;
  #server: StartingServer | undefined;
  #answer = '';
  #isResting = false;

  constructor(options: SleepingServer) {
    this.#options = options;
  }

  /** The last check of a start: what it answers now it must answer whenever it has slept. */
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

  /** Whether it is asleep, on its way to that or back. */
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
    // All that it holds is more than its weights.
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
      `GET /is_sleeping answers ${body.slice(0, 200)} after it was ${isSleeping ? 'put to sleep' : 'woken'}`,
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
    const asked = loopbackRequest({ ...question, port, apiKey, signal: AbortSignal.any([signal, limit]) });
    const { status, body } = await asked.catch(async (error: unknown) => {
      if (limit.aborted) throw new Error(`${title} was not answered within ${answerMs} ms`, { cause: error });
      await this.#throwIfDead(signal);
      throw new Error(`${title} failed: ${messageOf(error)}`, { cause: error });
    });
    if (status !== 200) throw new Error(`${title} was answered with HTTP ${status}`);
    return body;
  }

  /** A connection breaks before the end of its server is known, of which the signal tells. */
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
