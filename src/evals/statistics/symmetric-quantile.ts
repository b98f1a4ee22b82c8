const mostSteps = 100;

/**
 * The quantile of a distribution that is symmetric around 0 and falls off from there.
 *
 * Newton's method from 0: right of 0 such a distribution function is concave, so every step stops short of
 * the root and the next one starts nearer. There is nothing to bracket.
 *
 * @param p a probability, above 0 and below 1.
 * @param upperTail the probability of a value above x, for x of at least 0; the tail and not its complement,
 *   which would be rounded.
 * @param density the density at x.
 */
export function symmetricQuantile(
  p: number,
  upperTail: (x: number) => number,
  density: (x: number) => number,
): number {
  const tail = Math.min(p, 1 - p);
  let x = 0;
  for (let step = 0; step < mostSteps; step++) {
    const next = x + (upperTail(x) - tail) / density(x);
    if (!(next > x)) break;
    x = next;
  }
  return p < 0.5 ? -x : x;
}
