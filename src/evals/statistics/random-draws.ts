/**
 * The generator sfc32 of C. Doty-Humphrey (PractRand): 128 bits of state and no known weakness, so that draws
 * depend on the seed alone, on every machine. Source: https://pracrand.sourceforge.net
 *
 * @param seed any safe integer.
 * @returns a function whose calls give whole numbers from 0 to `below` − 1, all equally likely, for `below`
 *   up to 2^32.
 */
export function randomDraws(seed: number): (below: number) => number {
  let [a, b, c, counter] = [0, seed | 0, Math.floor(seed / 2 ** 32) | 0, 1];
  const next = (): number => {
    const drawn = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + drawn) | 0;
    return drawn >>> 0;
  };
  // The first numbers still resemble the seed.
  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  return (below) => Math.floor((next() / 2 ** 32) * below);
}
