import { maxTimerMs } from '../../pattern/constraints';
import { ModelProviderError } from '../../pattern/errors';
import { showValue } from '../../pattern/json';
import { nearest } from '../../pattern/nearest';
import type { DatabaseConfig, DatabaseOptions } from './provider';

interface Rule {
  allows(value: unknown): boolean;
  readonly wanted: string;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isPaths = (value: unknown): boolean =>
  isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));
const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const flag: Rule = { allows: (value) => typeof value === 'boolean', wanted: 'true or false' };

const configRules: Record<keyof DatabaseConfig, Rule> = {
  schema: { allows: isPaths, wanted: 'the path of a file or a directory, or an array of paths' },
  isolation: {
    allows: (value) => value === 'file' || value === 'test' || value === 'shared',
    wanted:
      "'file', a database for each withClient of a file, 'test', one for each test, or 'shared', one for the run",
  },
  statementTimeoutMs: {
    allows: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= maxTimerMs,
    wanted: `a whole number of milliseconds from 0, for no limit, to ${maxTimerMs}`,
  },
};

const optionRules: Record<keyof DatabaseOptions, Rule> = {
  isolation: configRules.isolation,
  statementTimeoutMs: configRules.statementTimeoutMs,
  server: { allows: isText, wanted: "a URL, 'embedded', or the folder of a server's programs" },
  schemas: {
    allows: (value) =>
      isObject(value) &&
      Object.values(value).every((schema) => isPaths(schema) || typeof schema === 'function'),
    wanted: 'an object whose values are paths, arrays of paths, or functions',
  },
  pool: flag,
  keepOnFailure: flag,
  // The session checks it with the other constraints.
  maxLive: { allows: () => true, wanted: '' },
};

/** @throws ModelProviderError `CONFIG_INVALID`. */
export function checkOptions(options: DatabaseOptions): void {
  check('new DatabaseProvider()', options, optionRules);
}

/**
 * @param spec whose config it is, for messages.
 * @throws ModelProviderError `CONFIG_INVALID`.
 */
export function checkConfig(spec: string, config: unknown): void {
  if (!isObject(config))
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `The config of "${spec}" is ${showValue(config)}; it must be an object such as { schema: './shop.sql' }.`,
    );
  check(`the config of "${spec}"`, config, configRules);
}

function check(whose: string, options: object, rules: Readonly<Record<string, Rule>>): void {
  for (const [option, value] of Object.entries(options) as [string, unknown][]) {
    if (value === undefined) continue;
    const rule = Object.hasOwn(rules, option) ? rules[option] : undefined;
    if (rule === undefined) throw unknownOption(option, whose, Object.keys(rules));
    if (rule.allows(value)) continue;
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `${option} is ${showValue(value)}; it must be ${rule.wanted}.`,
      { details: { option } },
    );
  }
}

function unknownOption(option: string, whose: string, known: readonly string[]): ModelProviderError {
  const meant = nearest(option, known);
  return new ModelProviderError(
    'CONFIG_INVALID',
    `There is no option "${option}" in ${whose}.${meant === undefined ? '' : ` Did you mean "${meant}"?`} It takes ${known.join(', ')}.`,
    { details: { option, known: [...known] } },
  );
}
