import { join } from 'node:path';

type Combination = Record<string, string>;

interface Pairwise {
  drawPairwise(
    dimensions: Record<string, string[]>,
    canBe: (combination: Combination) => boolean,
    seed: number,
  ): Combination[];
  product(dimensions: Record<string, string[]>): Combination[];
  pairsOf(combination: Combination): string[];
}

const script: string = join(__dirname, '../../scripts/pairwise.mjs');
const load = (): Promise<Pairwise> => import(script) as Promise<Pairwise>;

const dimensions = {
  manager: ['npm', 'pnpm', 'yarn'],
  node: ['20', '22', '24'],
  language: ['javascript', 'typescript'],
  transform: ['babel', 'ts-jest'],
};
const any = (): boolean => true;
// The last rule leaves pairs that only few combinations hold.
const someRules = ({ manager, node, language, transform }: Combination): boolean =>
  !(transform === 'ts-jest' && language === 'javascript') &&
  !(manager === 'yarn' && node === '24' && transform === 'babel');

test.each([
  ['without rules', any],
  ['with rules', someRules],
])('%s every two values that can meet do, in combinations that can be', async (_, canBe) => {
  const { drawPairwise, product, pairsOf } = await load();
  const possible = new Set(product(dimensions).filter(canBe).flatMap(pairsOf));
  for (const seed of [1, 2, 3, 4, 5]) {
    const drawn = drawPairwise(dimensions, canBe, seed);
    expect(drawn.filter((combination) => !canBe(combination))).toEqual([]);
    expect(new Set(drawn.flatMap(pairsOf))).toEqual(possible);
  }
});

test('few combinations are drawn', async () => {
  const { drawPairwise, product } = await load();
  expect(product(dimensions)).toHaveLength(36);
  // The two largest dimensions alone need nine.
  for (const seed of [1, 2, 3, 4, 5])
    expect(drawPairwise(dimensions, any, seed).length).toBeLessThanOrEqual(11);
});

test('the seed alone decides what is drawn', async () => {
  const { drawPairwise } = await load();
  expect(drawPairwise(dimensions, any, 7)).toEqual(drawPairwise(dimensions, any, 7));
  expect(drawPairwise(dimensions, any, 7)).not.toEqual(drawPairwise(dimensions, any, 8));
});
