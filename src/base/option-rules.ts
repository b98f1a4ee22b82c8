import { ModelProviderError } from './errors';
import { isObject, showValue } from './json';
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

export const text: OptionRule = { allows: isText, wanted: 'a text that is not empty' };

export const texts: OptionRule = {
  allows: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  wanted: 'an array of texts',
};

export const whole = (least: number): OptionRule => ({
  allows: (value) => Number.isInteger(value) && (value as number) >= least,
  wanted: `a whole number of at least ${least}`,
});

/** For options that are checked elsewhere: by the session, by the server, or by code of their own. */
export const checkedElsewhere: OptionRule = { allows: () => true, wanted: '' };

export function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/**
 * Checks options against their rules. An option whose value is undefined counts as left out.
 *
 * @param prefix begins the message about a value.
 * @param unknown makes the error for an option without a rule; `meant` is the option that it resembles, if
 *   there is one.
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

/**
 * Checks options against their rules, with the name of their owner in messages.
 *
 * @param whose the owner's name.
 * @param hint says where an unknown option may belong.
 * @throws ModelProviderError `CONFIG_INVALID` naming option, value and what is allowed.
 */
export function checkOptionsOf(
  whose: string,
  options: object,
  rules: Readonly<Record<string, OptionRule>>,
  hint?: string,
): void {
  checkByRules(
    options,
    rules,
    `${whose}: `,
    (option, meant) =>
      new ModelProviderError(
        'CONFIG_INVALID',
        [
          `${whose}: there is no option ${option}${meant === undefined ? '.' : `; did you mean ${meant}?`}`,
          ...(hint === undefined ? [] : [hint]),
        ].join(' '),
        { details: { option } },
      ),
  );
}

/**
 * Refuses the config of a resource whose provider takes none.
 *
 * @throws ModelProviderError `CONFIG_INVALID`.
 */
export function requireNoConfig(spec: string, config: unknown): void {
  if (config === undefined || (isObject(config) && Object.keys(config).length === 0)) return;
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `The config of "${spec}" is ${showValue(config)}, but its provider takes none: give options to the provider's constructor, and temperature and the like to generate().`,
    { details: { spec } },
  );
}
