import { showValue } from '../../base/json';
import { refusal } from './refuse';

/** The least and the most that a value can be. */
export type ScoreRange = readonly [least: number, most: number];

/** @throws ModelProviderError `EVAL_INVALID` unless it is two numbers, the lower one first. */
export function requireRange(caller: string, range: unknown): asserts range is ScoreRange {
  if (isRange(range)) return;
  throw refusal(`${caller}: range is ${showValue(range)}; write the least and the most, such as [0, 5].`);
}

export function isRange(range: unknown): range is ScoreRange {
  if (!Array.isArray(range) || range.length !== 2) return false;
  const [least, most] = range as unknown[];
  // Their distance must be a number too.
  return (
    typeof least === 'number' && typeof most === 'number' && most > least && Number.isFinite(most - least)
  );
}

export function isWithin(value: number, [least, most]: ScoreRange): boolean {
  return value >= least && value <= most;
}
