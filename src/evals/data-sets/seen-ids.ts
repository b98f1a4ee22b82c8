import { ModelProviderError } from '../../base/errors';
import { findNonJson } from '../../base/json';

/** The ids of the samples so far. It holds nothing else of a sample: there may be very many. */
export class SeenIds {
  readonly #indexes = new Map<string, number>();

  /**
   * @returns how many ids there were before it.
   * @throws ModelProviderError `EVAL_INVALID` naming both rows of one id.
   */
  add(id: string, index: number, label: string, cells: unknown): number {
    const first = this.#indexes.get(id);
    if (first === undefined) {
      this.#indexes.set(id, index);
      return this.#indexes.size - 1;
    }
    // Such rows may differ, but in nothing that a hash of their JSON could see.
    const fix =
      findNonJson(cells) === undefined
        ? "remove one, or name the rows: foreach(columns, dataset, fn, { id: 'column' })"
        : "their values are no JSON, so give each an id: foreach(columns, dataset, fn, { id: 'column' })";
    throw new ModelProviderError(
      'EVAL_INVALID',
      `foreach(): rows ${first} and ${label} have the same id "${id}"; ${fix}.`,
    );
  }
}
