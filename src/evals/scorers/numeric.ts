import { kindOf } from '../kind-of';
import { requireKnown } from '../require-known';
import { requireText } from './require-text';
import { defineScorer, type Judgement } from './define-scorer';
import { numbersIn } from './numbers';

/** A number that is expected, how near an answer must be, and which of its numbers counts. */
export interface ExpectedNumber {
  /** A number, or a text that holds just one, as the cells of a CSV file do. */
  readonly value: number | string;
  /** How far off the answer may be; 0 by default. With both tolerances the wider one counts. */
  readonly absolute?: number;
  /** How far off the answer may be, as a share of the value: 0.01 is one per cent; 0 by default. */
  readonly relative?: number;
  /** `last`, the default: the answer's last number counts. `only`: an answer that holds several different ones is wrong. */
  readonly take?: 'last' | 'only';
}

/**
 * Whether the number in the answer is the expected one. Numbers are read as people write them in English: a decimal point, thousands
 * parted by commas (also by underscores, apostrophes or narrow spaces), an exponent, a minus sign of either kind. An answer
 * without a number is wrong. The metadata has the number that was `taken`, as it is written there, or null.
 *
 * @throws ModelProviderError `SCORER_FAILED` if what is expected is no number, or a tolerance is none or negative.
 * @example
 * numeric('It is 7 * 6 = 42.', 42);
 * numeric('about 3.14', { value: Math.PI, absolute: 0.005 });
 * numeric('$1,250.00', '1250');
 */
export const numeric = defineScorer('numeric', judge);

function judge(answer: string, expected: number | string | ExpectedNumber): Judgement {
  const { value, tolerance, take } = parseExpected(expected);
  const found = numbersIn(requireText('the answer', answer));
  const different = new Set(found.map((number) => number.value));
  const last = found.at(-1);
  if (last === undefined || (take === 'only' && different.size > 1))
    return { value: false, metadata: { taken: null, found: found.map(({ written }) => written) } };
  return { value: isWithin(last.value, value, tolerance), metadata: { taken: last.written } };
}

function isWithin(found: number, expected: number, tolerance: number): boolean {
  if (found === expected) return true;
  // The difference of two binary fractions is off by a last digit or two: 1.1 is within 0.1 of 1.
  const slack = tolerance === 0 ? 0 : 2 * Number.EPSILON * Math.max(Math.abs(found), Math.abs(expected));
  return Math.abs(found - expected) <= tolerance + slack;
}

function parseExpected(expected: number | string | ExpectedNumber): {
  value: number;
  tolerance: number;
  take: 'last' | 'only';
} {
  const given: unknown = expected;
  const options = typeof given === 'object' && given !== null ? (given as ExpectedNumber) : undefined;
  if (options !== undefined) requireKnown(options, ['value', 'absolute', 'relative', 'take']);
  const { absolute = 0, relative = 0, take = 'last' } = options ?? {};
  requireTolerance('absolute', absolute);
  requireTolerance('relative', relative);
  if (!['last', 'only'].includes(take))
    throw new TypeError(`take is ${JSON.stringify(take)}; it must be 'last' or 'only'`);
  const value = parseValue(options === undefined ? given : options.value);
  return { value, tolerance: Math.max(absolute, relative * Math.abs(value)), take };
}

function parseValue(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const found = typeof value === 'string' ? numbersIn(value) : [];
  if (found.length === 1 && found[0] !== undefined) return found[0].value;
  const what = typeof value === 'string' ? JSON.stringify(value) : kindOf(value);
  throw new TypeError(`expected is ${what}; it must be a number, or a text that holds just one`);
}

function requireTolerance(option: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0 && value < Infinity) return;
  throw new TypeError(`${option} is ${String(value)}; it must be a number of at least 0`);
}
