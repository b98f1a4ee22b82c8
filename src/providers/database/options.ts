import { maxTimerMs } from '../../pattern/constraints';
import { ModelProviderError } from '../../base/errors';
import { isObject, showValue } from '../../base/json';
import { checkByRules, checkedElsewhere, flag, isText, type OptionRule } from '../../base/option-rules';
import type { DatabaseSchema } from './schema/load-schema';

/** Options for every database of the provider. */
export interface DatabaseOptions<Pooled extends boolean = boolean> {
  /**
   * The server: a URL, `embedded`, or the folder with the programs of an installed one. By default the server
   * of `DATABASE_URL`, else that of `PGHOST`, else the embedded one, else an installed one.
   */
  readonly server?: string;
  /**
   * Gives a server that the run starts a free port of this address, with a random password, for drivers that
   * cannot connect to a Unix socket by a URL. By default it has no port.
   */
  readonly listen?: '127.0.0.1';
  /**
   * The ICU locale of the databases, such as `de-DE`: their order and case of letters. They are then copies of
   * `template0`. By default a server that the run starts orders by bytes, and any other one as it is set up.
   */
  readonly icuLocale?: string;
  /**
   * Schemas by the name of the database, `postgres:shop`. If there are none at all, every database is empty;
   * if there are some, a name without one is refused.
   */
  readonly schemas?: Readonly<Record<string, DatabaseSchema>>;
  /**
   * `file`, the default: `withClient` gives the tests of its block one database; other blocks and files have
   * others. `test`: each test of the block has its own, unless `withClient` sets its `scope`. `shared`: all
   * leases of one name and schema, over all files and workers, share one. By hand, each `setup` has its own
   * unless it is shared.
   */
  readonly isolation?: DatabaseIsolation;
  /** Whether clients are a `pg.Pool`, of at most 10 connections, instead of one `pg.Client`. */
  readonly pool?: Pooled;
  /** Milliseconds after which the server cancels a statement; 30,000 by default, 0 for no limit. */
  readonly statementTimeoutMs?: number;
  /**
   * Keeps the database of a failed test, and of every test that shared it, and prints how to look at it and
   * how to remove it. With a server of the run's own, its data directory is kept. False by default. A
   * database that the test itself tears down before it fails is dropped.
   */
  readonly keepOnFailure?: boolean;
  /** How many databases may be leased at once; no limit by default. */
  readonly maxLive?: number;
}

/**
 * Who shares a database. `file`: the tests of one block share it, and other blocks and files have another
 * one. `test`: each test has its own. `shared`: all leases of one name and schema share it, over all files
 * and workers.
 *
 * @example
 * new DatabaseProvider({ schemas: { shop: './shop.sql' }, isolation: 'test' });
 */
export type DatabaseIsolation = 'file' | 'test' | 'shared';

/** What one resource may set for itself. */
export type DatabaseConfig = {
  /** Files and directories, as in {@link DatabaseSchema}. */
  schema?: string | string[];
  isolation?: DatabaseIsolation;
  statementTimeoutMs?: number;
};

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
  listen: { allows: (value) => value === '127.0.0.1', wanted: "'127.0.0.1'" },
  icuLocale: { allows: isText, wanted: "the name of an ICU locale, such as 'de-DE'" },
  pool: flag,
  keepOnFailure: flag,
  maxLive: checkedElsewhere,
};

/** @throws ModelProviderError `CONFIG_INVALID`. */
export function checkOptions(options: DatabaseOptions): void {
  check('new DatabaseProvider()', options, optionRules);
}

/**
 * @param spec the resource that the config belongs to, for messages.
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
