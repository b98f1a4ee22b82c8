// Paired comparison: A and B in turn, so that a drift of the machine's speed affects both; one ratio for each
// pair.
import { isSmoke } from './size.mjs';

/** @param {number[]} values */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  return sorted[low] + ((sorted[low + 1] ?? sorted[low]) - sorted[low]) * (at - low);
}

/** Runs `a` and `b` in turn, after one round that is not counted. Both return milliseconds. */
export async function paired(rounds, a, b) {
  if (!isSmoke) {
    await a();
    await b();
  }
  const pairs = [];
  for (let round = 0; round < rounds; round += 1) {
    pairs.push(round % 2 === 0 ? [await a(), await b()] : [await b(), await a()].reverse());
  }
  const ratios = pairs.map(([x, y]) => x / y);
  return {
    a: quantile(
      pairs.map(([x]) => x),
      0.5,
    ),
    b: quantile(
      pairs.map(([, y]) => y),
      0.5,
    ),
    ratio: quantile(ratios, 0.5),
    ratioLow: Math.min(...ratios),
    ratioHigh: Math.max(...ratios),
  };
}

export function ms(value) {
  return value < 10 ? `${value.toFixed(2)} ms` : `${Math.round(value)} ms`;
}
