import { seededRandom } from '../__tests__/kill/random.mjs';

/**
 * Draws combinations of one value of each dimension until every two values that can meet have met. All
 * combinations are looked at, so that no pair is lost to a rule, which suits some thousands of them.
 *
 * @param dimensions the values of each dimension, by its name.
 * @param canBe whether there can be such a combination.
 * @param seed decides between combinations that bring as many new pairs.
 */
export function drawPairwise(dimensions, canBe, seed) {
  const candidates = shuffled(product(dimensions).filter(canBe), seededRandom(seed)).map((combination) => ({
    combination,
    pairs: pairsOf(combination),
  }));
  const missing = new Set(candidates.flatMap(({ pairs }) => pairs));
  const drawn = [];
  while (missing.size > 0) {
    const gains = candidates.map(({ pairs }) => pairs.filter((pair) => missing.has(pair)).length);
    const best = candidates[gains.indexOf(Math.max(...gains))];
    for (const pair of best.pairs) missing.delete(pair);
    drawn.push(best.combination);
  }
  return drawn;
}

/** Every combination of one value of each dimension. */
export function product(dimensions) {
  return Object.entries(dimensions).reduce(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
}

/** Every two values that a combination brings together, as text. */
export function pairsOf(combination) {
  const values = Object.entries(combination).map(([name, value]) => `${name}: ${value}`);
  return values.flatMap((first, index) => values.slice(index + 1).map((second) => `${first}, ${second}`));
}

function shuffled(list, random) {
  return list
    .map((element) => ({ element, key: random() }))
    .sort((one, other) => one.key - other.key)
    .map(({ element }) => element);
}
