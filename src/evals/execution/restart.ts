import { isModelProviderError, messageOf } from '../../base/errors';
import type { LeasedBlock } from '../../pattern/blocks/leased-block';
import { currentRuntime } from '../../pattern/runtime';

/**
 * Starts what a block and those around it have leased again after its death, once, for all the trials that
 * the death has hit.
 */
export class Restart {
  /** From the outside in. */
  readonly #blocks: readonly LeasedBlock[];
  readonly #isWanted: boolean;
  readonly #onRestart: (reason: string) => void;
  #pending: Promise<void> | undefined;
  #count = 0;

  /** @param onRestart called with the reason before anything is started again. */
  constructor(block: LeasedBlock | undefined, isWanted: boolean, onRestart: (reason: string) => void) {
    this.#blocks = [...(block?.chain ?? [])].reverse();
    this.#isWanted = isWanted;
    this.#onRestart = onRestart;
  }

  get count(): number {
    return this.#count;
  }

  /** The restart to wait for, if there was one. */
  get pending(): Promise<void> | undefined {
    return this.#pending;
  }

  /** Whether a trial ended as it did because a resource of its blocks had died. */
  explains(cause: unknown): boolean {
    const isLoss =
      isModelProviderError(cause, 'RESOURCE_LOST') || isModelProviderError(cause, 'HANDLE_CLOSED');
    return isLoss && (this.#pending !== undefined || this.#blocks.some(({ lost }) => lost.length > 0));
  }

  /**
   * Restarts after a death, or waits for the restart that another trial has begun.
   *
   * @param before the count when the trial began.
   * @returns whether all resources live again, so that the trial can be run once more.
   * @throws what the setup throws.
   */
  async after(cause: unknown, before: number): Promise<boolean> {
    if (this.#count === before) {
      if (!this.#isWanted || this.#count > 0) return false;
      this.#count += 1;
      this.#pending = this.#start(messageOf(cause));
    }
    await this.#pending;
    return true;
  }

  async #start(reason: string): Promise<void> {
    this.#onRestart(reason);
    for (const block of this.#blocks) {
      const ids = block.lost.map(({ handle }) => handle.resourceId);
      await block.restart();
      // The evaluation has dealt with the death, so that it is no reason to fail the test.
      for (const id of ids) currentRuntime().session().forgive(id);
    }
  }
}
