type Value = number | boolean | null;

/** The values of one score, trial by trial. Most samples have one trial, so only those with more have a list. */
export class ScoreValues {
  readonly #cells: (Value | Value[] | undefined)[] = [];
  #hasNumbers = false;

  /** Whether any value is a number, be it of a sample that does not count. */
  get hasNumbers(): boolean {
    return this.#hasNumbers;
  }

  /** @param sample the number of the sample, in the order in which they came, from 0. */
  add(sample: number, value: Value): void {
    this.#hasNumbers ||= typeof value === 'number';
    while (this.#cells.length <= sample) this.#cells.push(undefined);
    const known = this.#cells[sample];
    if (known === undefined) this.#cells[sample] = value;
    else if (Array.isArray(known)) known.push(value);
    else this.#cells[sample] = [known, value];
  }

  /** The values of a sample; none if it does not have the score. */
  of(sample: number): readonly Value[] {
    const found = this.#cells[sample];
    if (found === undefined) return [];
    return Array.isArray(found) ? found : [found];
  }
}
