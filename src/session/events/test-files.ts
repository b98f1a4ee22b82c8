/**
 * The test files of a run as far as its main process knows: those that are connected say so themselves, and a
 * reporter counts all.
 */
export class TestFiles {
  readonly #underWay = new Map<object, string>();
  #isExpected = false;
  #hasBegun = false;
  #total: number | undefined;
  #ended = 0;

  /** A run follows, maybe of files that neither connect nor are counted. */
  expect(): void {
    this.#isExpected = true;
  }

  /** A run begins; `total` files are to be run. */
  begin(total: number): void {
    this.#hasBegun = true;
    this.#total = total;
    this.#ended = 0;
  }

  /** One more file has a result. */
  countEnded(): void {
    this.#ended += 1;
  }

  /** The run has ended, be it whole or not. */
  complete(): void {
    this.#isExpected = false;
    this.#hasBegun = false;
    this.#total = undefined;
  }

  /** A file has begun; it is under way until the returned function is called. */
  enter(name: string): () => void {
    const key = {};
    this.#hasBegun = true;
    this.#underWay.set(key, name);
    return () => void this.#underWay.delete(key);
  }

  /**
   * What of the tests is missing when the process ends with `code`, in words; undefined if no run is under way.
   * One that never began has ended by an error of its own, unless that is no failure.
   */
  describeRest(code: number): string | undefined {
    if (!this.#hasBegun && !(this.#isExpected && code === 0)) return undefined;
    if (this.#ended === this.#total)
      return 'before their session had ended: its globalTeardown did not run, or did not call closeSession()';
    const names = [...new Set(this.#underWay.values())].join(', ');
    const where = names === '' ? '' : ` in ${names}`;
    const rest =
      this.#total === undefined
        ? 'what follows was not run'
        : `${this.#total - this.#ended} of ${this.#total} test files have no result`;
    return `before they had ended${where}: ${rest}`;
  }
}
