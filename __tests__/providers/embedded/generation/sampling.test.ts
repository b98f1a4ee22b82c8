import fc from 'fast-check';
import { seededRandom } from '../../../../src/providers/embedded/generation/random';
import {
  createSampler,
  logSumExp,
  topTokens,
  type SamplingOptions,
} from '../../../../src/providers/embedded/generation/sampling';

const logits = Float32Array.of(1, 3, 2, -1, 3);
const draws = (options: Partial<SamplingOptions>, count = 2000): number[] => {
  const sample = createSampler({ temperature: 1, topP: 1, topK: 0, seed: 42, ...options });
  return Array.from({ length: count }, () => sample(logits));
};
const seen = (options: Partial<SamplingOptions>): number[] => [...new Set(draws(options))].sort();

describe('a sampler', () => {
  it('takes the first of the likeliest tokens at temperature 0, whatever the seed', () => {
    expect(seen({ temperature: 0, seed: 1 })).toEqual([1]);
    expect(seen({ temperature: 0, topP: 0.1, seed: 2 })).toEqual([1]);
  });

  it('repeats itself by its seed', () => {
    expect(draws({ seed: 7 })).toEqual(draws({ seed: 7 }));
    expect(draws({ seed: 7 })).not.toEqual(draws({ seed: 8 }));
  });

  it('draws each token as often as its probability says', () => {
    const counts = [0, 0, 0, 0, 0];
    for (const id of draws({}, 20_000)) counts[id]!++;
    const total = logSumExp(logits);
    counts.forEach((count, id) => expect(count / 20_000).toBeCloseTo(Math.exp(logits[id]! - total), 1));
  });

  it('draws flatter when hotter, and all but the best vanish when cold', () => {
    const best = (temperature: number): number =>
      draws({ temperature }).filter((id) => id === 1 || id === 4).length;
    expect(best(2)).toBeLessThan(best(1));
    expect(best(0.05)).toBe(2000);
    expect(best(1e-300)).toBe(2000);
  });

  it('keeps to the likeliest k, and to the likeliest that make up p', () => {
    expect(seen({ topK: 3 })).toEqual([1, 2, 4]);
    expect(seen({ topK: 1 })).toEqual([1]);
    expect(seen({ topP: 0.5 })).toEqual([1, 4]);
    expect(seen({ topP: 0 })).toEqual([1]);
  });

  it('returns a token for any scores and options', () => {
    const score = fc.oneof(fc.float(), fc.constantFrom(NaN, Infinity, -Infinity));
    const options = fc.record({
      temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      topP: fc.double({ min: 0, max: 1, noNaN: true }),
      topK: fc.nat(9),
      seed: fc.maxSafeInteger(),
    });
    fc.assert(
      fc.property(fc.array(score, { minLength: 1, maxLength: 9 }), options, (values, chosen) => {
        const id = createSampler(chosen)(Float32Array.from(values));
        expect(id >= 0 && id < values.length).toBe(true);
      }),
    );
  });
});

it('log-probabilities belong to probabilities that add up to 1', () => {
  const total = logSumExp(logits);
  expect(logits.reduce((sum, score) => sum + Math.exp(score - total), 0)).toBeCloseTo(1, 6);
  expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.log(2), 3);
});

it('top tokens come likeliest first, equals by their id', () => {
  expect(topTokens(logits, 3)).toEqual([1, 4, 2]);
  expect(topTokens(logits, 99)).toHaveLength(5);
});

it('random numbers are from 0 to 1, spread evenly, and differ for seeds that share their low 32 bits', () => {
  const random = seededRandom(5);
  const numbers = Array.from({ length: 10_000 }, random);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  expect(numbers.reduce((sum, number) => sum + number, 0) / 10_000).toBeCloseTo(0.5, 1);
  expect(seededRandom(5 + 2 ** 32)()).not.toBe(seededRandom(5)());
});
