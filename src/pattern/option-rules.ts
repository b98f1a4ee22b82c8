import { ModelProviderError } from './errors';
import { showValue } from './json';
import { nearest } from './nearest';

/** What the value of an option must be. */
export interface OptionRule {
  allows(value: unknown): boolean;
  /** For messages: `it must be ${wanted}`. */
  readonly wanted: string;
  /** Whether the value may hold a secret, so that no message shows it. */
  readonly isSecret?: boolean;
}

export const flag: OptionRule = { allows: (value) => typeof value === 'boolean', wanted: 'true or false' };

/** For those that become constraints, which the session checks. */
export const checkedElsewhere: OptionRule = { allows: () => true, wanted: '' };

export function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Checks options against a rule for each that there is. One that is undefined is as good as left out.
 *
 * @param prefix of the message about a value.
 * @param unknown what to throw for an option without a rule; `meant` is the one that it resembles.
 * @throws ModelProviderError `CONFIG_INVALID` naming option, value and what is allowed; what `unknown` makes.
 */
export function checkByRules(
  options: object,
  rules: Readonly<Record<string, OptionRule>>,
  prefix: string,
  unknown: (option: string, meant: string | undefined) => Error,
): void {
  for (const [option, value] of Object.entries(options) as [string, unknown][]) {
    const rule = Object.hasOwn(rules, option) ? rules[option] : undefined;
    if (rule === undefined) throw unknown(option, nearest(option, Object.keys(rules)));
    if (value === undefined || rule.allows(value)) continue;
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `${prefix}${option} ${rule.isSecret === true ? '' : `is ${showValue(value)}; it `}must be ${rule.wanted}.`,
      { details: { option } },
    );
  }
}
