import { maxTimerMs } from '../../pattern/constraints';
import { ModelProviderError } from '../../pattern/errors';
import { showValue } from '../../pattern/json';
import {
  checkByRules,
  checkedElsewhere,
  flag,
  isObject,
  isText,
  type OptionRule,
} from '../../pattern/option-rules';
import type { DatabaseConfig, DatabaseOptions } from './provider';

const isPaths = (value: unknown): boolean =>
  isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));

const configRules: Record<keyof DatabaseConfig, OptionRule> = {
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

const optionRules: Record<keyof DatabaseOptions, OptionRule> = {
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
  maxLive: checkedElsewhere,
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

function check(whose: string, options: object, rules: Readonly<Record<string, OptionRule>>): void {
  const known = Object.keys(rules);
  checkByRules(
    options,
    rules,
    '',
    (option, meant) =>
      new ModelProviderError(
        'CONFIG_INVALID',
        `There is no option "${option}" in ${whose}.${meant === undefined ? '' : ` Did you mean "${meant}"?`} It takes ${known.join(', ')}.`,
        { details: { option, known } },
      ),
  );
}
