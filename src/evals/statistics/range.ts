import { showValue } from '../../base/json';
import { refusal } from './refuse';
import { isNoise } from './rounding';

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

/** Whether a value is in a range, but for rounding: 1 − 0.9 − 0.1 is in that from 0 to 1. */
export function isWithin(value: number, range: ScoreRange): boolean {
  const [least, most] = range;
  return isNoise(value - broughtInto(range, value), Math.max(Math.abs(least), Math.abs(most)));
}

/** The nearest value of the range. */
export function broughtInto([least, most]: ScoreRange, value: number): number {
  return Math.min(most, Math.max(least, value));
}
