import { seededRandom } from './random';

/** How the next token is chosen. */
export interface SamplingOptions {
  /** 0 takes the likeliest token, whatever the other options say. */
  readonly temperature: number;
  /** Only the likeliest tokens that together reach this probability; 1 means all. */
  readonly topP: number;
  /** Only this many of the likeliest tokens; 0 means all. */
  readonly topK: number;
  /** Safe integer. The same seed, prompt and options give the same tokens. */
  readonly seed: number;
}

/** Chooses a token id by the scores of all tokens. */
export type Sampler = (logits: Float32Array) => number;

/** Makes the sampler of one generation; it holds the state of its random numbers. */
export function createSampler(options: SamplingOptions): Sampler {
  if (options.temperature === 0 || options.topK === 1) return likeliest;
  const random = seededRandom(options.seed);
  return (logits) => draw(candidatesOf(logits, options), options.temperature, random());
}

/** The id of the highest score; the lowest such id, as in llama.cpp. */
export function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  return best;
}

/**
 * The logarithm of the sum of all exponentials: subtracting it from a score gives the token's
 * log-probability.
 */
export function logSumExp(logits: Float32Array): number {
  const largest = logits[likeliest(logits)]!;
  let total = 0;
  for (let id = 0; id < logits.length; id++) total += Math.exp(logits[id]! - largest);
  return largest + Math.log(total);
}

/** The ids of the `count` highest scores, highest first. */
export function topTokens(logits: Float32Array, count: number): number[] {
  const ids = Array.from(logits.keys());
  return ids.sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, count);
}

interface Candidates {
  readonly ids: readonly number[];
  readonly logits: Float32Array;
}

/** In llama.cpp's order: top-k, then top-p on the probabilities at temperature 1, then the temperature. */
function candidatesOf(logits: Float32Array, { topK, topP }: SamplingOptions): Candidates {
  const ids = topTokens(logits, topK === 0 ? logits.length : topK);
  if (topP >= 1) return { ids, logits };
  const weights = weightsOf({ ids, logits }, 1);
  const wanted = topP * weights.reduce((sum, weight) => sum + weight, 0);
  let reached = 0;
  const enough = weights.findIndex((weight) => (reached += weight) >= wanted);
  return { ids: enough < 0 ? ids : ids.slice(0, enough + 1), logits };
}

function draw(candidates: Candidates, temperature: number, random: number): number {
  const weights = weightsOf(candidates, temperature);
  let left = random * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => (left -= weight) < 0);
  // Rounding may leave a rest after the last weight.
  return candidates.ids[index < 0 ? candidates.ids.length - 1 : index]!;
}

/** Unnormalised probabilities, relative to the likeliest candidate's. */
function weightsOf({ ids, logits }: Candidates, temperature: number): number[] {
  const largest = logits[ids[0]!]!;
  return ids.map((id) => Math.exp((logits[id]! - largest) / temperature));
}
