import { isModelProviderError, messageOf } from '../pattern/errors';
import type { LeasedBlock } from '../pattern/leased-block';
import { currentRealm } from '../pattern/realm';

/** Starts a block's model again after its death, once, for all the trials that the death has hit. */
export class Restart {
  readonly #block: LeasedBlock | undefined;
  readonly #isWanted: boolean;
  readonly #noted: (reason: string) => void;
  #under: Promise<void> | undefined;
  #count = 0;

  /** @param noted called with the reason before the model is started again. */
  constructor(block: LeasedBlock | undefined, isWanted: boolean, noted: (reason: string) => void) {
    this.#block = block;
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

  /** Whether a trial ended as it did because the block's model had died. */
  explains(cause: unknown): boolean {
    if (this.#block === undefined) return false;
    const isLoss =
      isModelProviderError(cause, 'RESOURCE_LOST') || isModelProviderError(cause, 'HANDLE_CLOSED');
    return isLoss && (this.#under !== undefined || !this.#block.handle.isActive);
  }

  /**
   * @param before the count when the trial began.
   * @returns whether the model lives again, so that the trial can be run once more.
   * @throws what the setup throws.
   */
  async after(cause: unknown, before: number): Promise<boolean> {
    if (this.#count === before) {
      if (!this.#isWanted || this.#count > 0 || this.#block === undefined) return false;
      this.#count += 1;
      this.#under = this.#start(this.#block, messageOf(cause));
    }
    await this.#under;
    return true;
  }

  async #start(block: LeasedBlock, reason: string): Promise<void> {
    const { resourceId } = block.handle;
    this.#noted(reason);
    await block.teardown();
    await block.ready();
    // The evaluation has dealt with the death, so that it is no reason to fail the test.
    currentRealm().host().forgive(resourceId);
  }
}
