import { isModelProviderError, messageOf } from '../pattern/errors';
import type { LeasedBlock } from '../pattern/leased-block';
import { currentRealm } from '../pattern/realm';

/** Starts what a block and those around it have leased again after its death, once, for all the trials that the death has hit. */
export class Restart {
  /** From the outside in. */
  readonly #blocks: readonly LeasedBlock[];
  readonly #isWanted: boolean;
  readonly #noted: (reason: string) => void;
  #under: Promise<void> | undefined;
  #count = 0;

  /** @param noted called with the reason before anything is started again. */
  constructor(block: LeasedBlock | undefined, isWanted: boolean, noted: (reason: string) => void) {
    this.#blocks = [...(block?.chain ?? [])].reverse();
    this.#isWanted = isWanted;
    this.#noted = noted;
  }

  get count(): number {
    return this.#count;
  }

  /** The restart to wait for, if there was one. */
  get underWay(): Promise<void> | undefined {
    return this.#under;
  }

  /** Whether a trial ended as it did because a resource of its blocks had died. */
  explains(cause: unknown): boolean {
    const isLoss =
      isModelProviderError(cause, 'RESOURCE_LOST') || isModelProviderError(cause, 'HANDLE_CLOSED');
    return isLoss && (this.#under !== undefined || this.#blocks.some(({ lost }) => lost.length > 0));
  }

  /**
   * @param before the count when the trial began.
   * @returns whether all live again, so that the trial can be run once more.
   * @throws what the setup throws.
   */
  async after(cause: unknown, before: number): Promise<boolean> {
    if (this.#count === before) {
      if (!this.#isWanted || this.#count > 0) return false;
      this.#count += 1;
      this.#under = this.#start(messageOf(cause));
    }
    await this.#under;
    return true;
  }

  async #start(reason: string): Promise<void> {
    this.#noted(reason);
    for (const block of this.#blocks) {
      const ids = block.lost.map(({ handle }) => handle.resourceId);
      await block.restart();
      // The evaluation has dealt with the death, so that it is no reason to fail the test.
      for (const id of ids) currentRealm().host().forgive(id);
    }
  }
}
