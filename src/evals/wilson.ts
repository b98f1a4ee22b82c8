/** The two-sided 95 % point of the normal distribution. */
const z95 = 1.959963984540054;

/**
 * The 95 % interval of a proportion after Wilson (1927), "Probable inference, the law of succession, and statistical
 * inference", J. Am. Stat. Assoc. 22, 209–212. Unlike the normal approximation it stays within 0 and 1 and holds for few samples.
 *
 * @param successes number of successes, 0 to `n`.
 * @param n number of samples, at least 1.
 */
export function wilsonInterval(successes: number, n: number): { low: number; high: number } {
  const p = successes / n;
  const scale = 1 + z95 ** 2 / n;
  const centre = (p + z95 ** 2 / (2 * n)) / scale;
  const half = (z95 / scale) * Math.sqrt((p * (1 - p)) / n + z95 ** 2 / (4 * n ** 2));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
