import { kindOf } from '../../base/kind-of';
import { requireKnown } from '../../base/require-known';
import { answerText, type ReasoningChoice } from './texts/answer-text';
import { defineScorer, type Judgement } from './define-scorer';
import { lastBoxed } from './texts/boxed';
import { decimalDigits, numbersIn, type FoundNumber } from './texts/numbers';

/** A number that is expected, how near an answer must be, and which of its numbers counts. */
export interface ExpectedNumber extends ReasoningChoice {
  /** A number, or a text that holds just one, as the cells of a CSV file do. */
  readonly value: number | string;
  /** How far off the answer may be; 0 by default. With both tolerances the wider one counts. */
  readonly absolute?: number;
  /** How far off the answer may be, as a share of the value: 0.01 is one per cent; 0 by default. */
  readonly relative?: number;
  /**
   * Which of the answer's numbers counts: `last`, the default, or `first`; `boxed`: that in the last
   * `\\boxed{…}`; `only`: an answer that holds several different ones is wrong.
   */
  readonly take?: Take;
}

type Take = 'last' | 'first' | 'boxed' | 'only';

const takes: readonly unknown[] = ['last', 'first', 'boxed', 'only'];

/**
 * Whether the number in the answer is the expected one. Numbers are read as people write them in English: a
 * decimal point, thousands separated by commas (also by underscores, apostrophes or narrow spaces), a minus
 * sign of any kind, an exponent or a power of ten, a fraction, `million` and the like; also in LaTeX, and in
 * the digits of any script. An answer without a number is wrong. A number that cannot be read for certain,
 * such as `1.234,5`, `2^10` or `5k`, is never taken for another one: the score is `null` then, and the metadata
 * has the `reason`. `1.000` is 1, also where German means a thousand. Else they have the number that was `taken`, as it is written there, or null.
 *
 * @throws ModelProviderError `SCORER_FAILED` if what is expected is no number, or a tolerance is none or
 *   negative.
 * @example
 * numeric('It is 7 * 6 = 42.', 42);
 * numeric('about 3.14', { value: Math.PI, absolute: 0.005 });
 * numeric('$1,250.00', '1250');
 * numeric(String.raw`so \\boxed{\\frac{3}{4}}`, { value: 0.75, take: 'boxed' });
 */
export const numeric = defineScorer('numeric', judge);

function judge(answer: string, expected: number | string | ExpectedNumber): Judgement {
  const { value, digits, tolerance, take, options } = parseExpected(expected);
  const text = answerText(answer, options);
  const found = numbersIn(take === 'boxed' ? (lastBoxed(text) ?? '') : text);
  const counts = take === 'first' ? found[0] : found.at(-1);
  const doubtful = take === 'only' ? found.find(isUnread) : counts;
  if (doubtful !== undefined && isUnread(doubtful))
    return { value: null, metadata: { taken: null, reason: `${doubtful.written}: ${doubtful.problem}` } };
  const different = new Set(found.map((number) => number.value));
  if (counts?.value === undefined || ((take === 'only' || take === 'boxed') && different.size > 1))
    return { value: false, metadata: { taken: null, found: found.map(({ written }) => written) } };
  const isRight =
    isWithin(counts.value, value, tolerance) && !(tolerance === 0 && differ(counts.written, digits));
  return { value: isRight, metadata: { taken: counts.written } };
}

/** Whether two texts of digits are two numbers, however near. */
function differ(found: string, expected: string | undefined): boolean {
  const [a, b] = [decimalDigits(found), expected];
  return a !== undefined && b !== undefined && a !== b;
}

function isUnread({ value }: FoundNumber): boolean {
  return value === undefined;
}

function isWithin(found: number, expected: number, tolerance: number): boolean {
  if (found === expected) return true;
  // The difference of two binary fractions is off by a last digit or two: 1.1 is within 0.1 of 1.
  const slack = tolerance === 0 ? 0 : 2 * Number.EPSILON * Math.max(Math.abs(found), Math.abs(expected));
  return Math.abs(found - expected) <= tolerance + slack;
}

function parseExpected(expected: number | string | ExpectedNumber): {
  value: number;
  /** Of a value that is given as a text of digits. */
  digits: string | undefined;
  tolerance: number;
  take: Take;
  options: ReasoningChoice | undefined;
} {
  const given: unknown = expected;
  const options = typeof given === 'object' && given !== null ? (given as ExpectedNumber) : undefined;
  if (options !== undefined) requireKnown(options, ['value', 'absolute', 'relative', 'take', 'reasoning']);
  const { absolute = 0, relative = 0, take = 'last' } = options ?? {};
  requireTolerance('absolute', absolute);
  requireTolerance('relative', relative);
  if (!takes.includes(take))
    throw new TypeError(`take is ${JSON.stringify(take)}; it must be one of ${takes.join(', ')}`);
  const wanted: unknown = options === undefined ? given : options.value;
  const value = parseValue(wanted);
  const digits = typeof wanted === 'string' ? decimalDigits(wanted.trim()) : undefined;
  return { value, digits, tolerance: Math.max(absolute, relative * Math.abs(value)), take, options };
}

function parseValue(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const found = typeof value === 'string' ? numbersIn(value) : [];
  if (found.length === 1 && found[0]?.value !== undefined) return found[0].value;
  const what = typeof value === 'string' ? JSON.stringify(value) : kindOf(value);
  throw new TypeError(`expected is ${what}; it must be a number, or a text that holds just one`);
}

function requireTolerance(option: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0 && value < Infinity) return;
  throw new TypeError(`${option} is ${String(value)}; it must be a number of at least 0`);
}
