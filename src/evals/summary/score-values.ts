import type { Score } from '../scorers/result';
import type { ScoreRange } from '../statistics/range';
import { isRightOrWrong, type ScoreKind } from '../statistics/sample-score';

type Value = Score['value'];

/**
 * The values of one score, trial by trial. Most samples have one trial, so only those with more have a list.
 */
export class ScoreValues {
  readonly #cells: (Value | Value[] | undefined)[] = [];
  #hasNumbers = false;
  #hasMeasures = false;
  #kind: ScoreKind | undefined;
  #range: ScoreRange | undefined;

  /** Whether any value is a number, also of a sample that does not count. */
  get hasNumbers(): boolean {
    return this.#hasNumbers;
  }

  /** Whether any value is none of right and wrong, also of a sample that does not count. */
  get hasMeasures(): boolean {
    return this.#hasMeasures;
  }

  /** What the scorer says of its values; `real` if it says both. */
  get kind(): ScoreKind | undefined {
    return this.#kind;
  }

  /** What the scorer says that its values can be; of several ranges the one around all of them. */
  get range(): ScoreRange | undefined {
    return this.#range;
  }

  /** @param sample the number of the sample, in the order in which they came, from 0. */
  add(sample: number, value: Value, kind?: ScoreKind, range?: ScoreRange): void {
    if (typeof value === 'number') {
      this.#hasNumbers = true;
      this.#hasMeasures ||= !isRightOrWrong(value);
    }
    if (kind !== undefined && this.#kind !== 'real') this.#kind = kind;
    if (range !== undefined) this.#range = around(this.#range ?? range, range);
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

function around(a: ScoreRange, b: ScoreRange): ScoreRange {
  return a[0] <= b[0] && a[1] >= b[1] ? a : [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}
