import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { ModelProviderError } from '../../base/errors';
import { showValue } from '../../base/json';
import { printable } from '../../base/printable';
import { belongingsOf, statementsFor, type Belongings } from './belongings';
import { driver } from './driver';
import { applicationName } from './client';
import { connectionError, describeServer } from './request-error';
import type { PostgresServerConnection } from './connection';
import { databaseName } from './database-name';
import { abandonedDatabases, databasesOf, keptComment, signed } from './ownership';

// A few databases are made at a time, however many are asked for: each copy keeps the server's disk busy.
const atOnce = 8;
const idleMs = 1000;
const oldestWithIcu = 15;
const farewellMs = 50;
const pollMs = 5;

/** What a new database begins with: by default what the server gives to every one. */
interface DatabaseOrigin {
  readonly template?: string;
  /** An ICU locale, without a template. */
  readonly locale?: string | undefined;
}

/**
 * Makes and drops databases on one server. It keeps an idle connection for at most a second, and never keeps
 * the process from ending.
 */
export class Administration {
  readonly #server: PostgresServerConnection;
  readonly #pool: Pool;
  readonly #kept = new Set<string>();
  /** Databases whose leases have ended, and that code under test was still connected to. */
  readonly #left = new Set<string>();
  readonly #made = new Map<string, Promise<string>>();
  /** What belongs to the templates. */
  readonly #belongings = new Map<string, Belongings>();

  constructor(server: PostgresServerConnection) {
    this.#server = server;
    this.#pool = new (driver(server.url).Pool)({
      connectionString: server.url,
      max: atOnce,
      idleTimeoutMillis: idleMs,
      allowExitOnIdle: true,
      application_name: applicationName,
    });
    this.#pool.on('error', () => undefined);
  }

  /**
   * Makes an empty database, or a copy of a template with what belongs to that.
   *
   * @throws ModelProviderError `DATABASE_REFUSED`, `CONFIG_INVALID` where there are no ICU locales.
   */
  async create(name: string, { template, locale }: DatabaseOrigin = {}): Promise<void> {
    const { isOwn, version } = this.#server;
    if (locale !== undefined) await this.#checkLocale(locale);
    const copy = template === undefined ? '' : ` TEMPLATE "${template}"`;
    // A database of another locale than that of template1 must be a copy of template0.
    const inLocale =
      locale === undefined
        ? ''
        : ` TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE ${driver().escapeLiteral(locale)}`;
    // Without fsync, copying the files of a small database is faster than writing them to the log and reading
    // them back. It takes two checkpoints, which a server that others use must not be burdened with:
    // https://www.postgresql.org/docs/current/sql-createdatabase.html
    const strategy = isOwn && version >= 15 ? ' STRATEGY FILE_COPY' : '';
    await this.#query(`CREATE DATABASE "${name}"${copy}${inLocale}${strategy}`);
    const belongings = template === undefined ? undefined : this.#belongings.get(template);
    await this.#comment(name, belongings?.comment ?? null);
    const statements = belongings === undefined ? [] : statementsFor(name, belongings);
    if (statements.length > 0) await this.#query(statements.join(';\n'));
  }

  /** To be called when a database is as it should be: a schema may have changed its comment. */
  async finish(name: string): Promise<Belongings> {
    const belongings = await this.#asked(belongingsOf(name, this.#pool));
    await this.#comment(name, belongings.comment);
    return belongings;
  }

  /**
   * Drops a database, unless code under test is connected to it; then it is dropped with one of the next ones,
   * when those connections have ended. Returns whether it is gone.
   */
  async dropUnused(name: string): Promise<boolean> {
    this.#left.add(name);
    const since = performance.now();
    let used = await this.#used([...this.#left]);
    // A server takes notice of a client that has ended a moment later.
    while (used.has(name) && performance.now() - since < farewellMs) {
      await delay(pollMs);
      used = await this.#used([...this.#left]);
    }
    const unused = [...this.#left].filter((left) => !used.has(left));
    for (const left of unused) this.#left.delete(left);
    await Promise.all(
      // What fails for another one is tried again at the end of its file.
      unused.map((left) => (left === name ? this.drop(name) : this.drop(left).catch(() => undefined))),
    );
    return !used.has(name);
  }

  /** Whether somebody else than this package is connected to a database. */
  async isUsed(name: string): Promise<boolean> {
    return (await this.#used([name])).has(name);
  }

  /** Drops a database if it exists, and closes every connection to it. */
  async drop(name: string): Promise<void> {
    this.#left.delete(name);
    await this.#query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  }

  /**
   * Excludes a database from those that sessions drop, on a server that is not the session's own. Returns
   * false if it was excluded before.
   */
  async keep(name: string): Promise<boolean> {
    if (this.#kept.has(name)) return false;
    this.#kept.add(name);
    await this.#query(`COMMENT ON DATABASE "${name}" IS '${keptComment}'`);
    return true;
  }

  /** Ends the connections to a database, which would keep processes from ending. */
  async endConnections(name: string): Promise<void> {
    await this.#query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND usename = current_user`,
    );
  }

  /**
   * Makes a database once for all callers with the same key, and returns its name. The server's resource ends
   * it. After a failure the next caller tries again.
   *
   * @param key identifies its content and locale.
   * @param fill called with the name of the new database.
   */
  once(
    key: string,
    { readable, locale }: { readonly readable: string; readonly locale: string | undefined },
    fill: (name: string) => Promise<void>,
  ): Promise<string> {
    const present = this.#made.get(key);
    if (present !== undefined) return present;
    const made = this.#make(databaseName(this.#server.mark, readable), locale, fill);
    this.#made.set(key, made);
    made.catch(() => this.#made.delete(key));
    return made;
  }

  /** Finishes a database that is to be copied, and refuses connections to it. */
  async close(name: string): Promise<void> {
    this.#belongings.set(name, await this.finish(name));
    await this.#query(`ALTER DATABASE "${name}" WITH ALLOW_CONNECTIONS false`);
  }

  /** The databases of this session. */
  ownDatabases(): Promise<string[]> {
    return databasesOf(this.#server.mark, this.#pool);
  }

  /** The databases that dead sessions have left on this server. */
  abandonedDatabases(): Promise<string[]> {
    return abandonedDatabases(this.#pool);
  }

  async #make(
    name: string,
    locale: string | undefined,
    fill: (name: string) => Promise<void>,
  ): Promise<string> {
    try {
      await this.create(name, { locale });
      await fill(name);
      return name;
    } catch (error) {
      await this.drop(name);
      throw error;
    }
  }

  async #used(names: readonly string[]): Promise<Set<string>> {
    const { rows } = await this.#asked(
      this.#pool.query<{ name: string }>(
        'SELECT DISTINCT datname AS name FROM pg_stat_activity WHERE datname = ANY($1) AND application_name IS DISTINCT FROM $2',
        [names, applicationName],
      ),
    );
    return new Set(rows.map(({ name }) => name));
  }

  /** A server takes a language that it does not know for the root of all, with a warning that nobody sees. */
  async #checkLocale(locale: string): Promise<void> {
    const { url, version } = this.#server;
    if (version < oldestWithIcu) {
      throw new ModelProviderError(
        'CONFIG_INVALID',
        `icuLocale is ${showValue(locale)}, but ${describeServer(url)} is of version ${version}: the first whose databases have ICU locales is ${oldestWithIcu}.`,
      );
    }
    const [language = ''] = locale.toLowerCase().split(/[-_@]/);
    const { rows } = await this.#asked(
      this.#pool.query<{ known: boolean | null }>(
        "SELECT bool_or(split_part(collname, '-', 1) = $1) AS known FROM pg_collation WHERE collprovider = 'i'",
        [language === 'root' ? 'und' : language],
      ),
    );
    const known = rows[0]?.known;
    if (known === true) return;
    const reason = known === false ? `knows no language "${printable(language)}"` : 'was built without ICU';
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `icuLocale is ${showValue(locale)}, but ${describeServer(url)} ${reason}.`,
    );
  }

  // On a server that is not the session's own, the next run finds abandoned databases by their comments.
  async #comment(name: string, comment: string | null): Promise<void> {
    const { mark, isOwn } = this.#server;
    const text = isOwn ? comment : signed(comment, mark);
    if (text !== null) await this.#query(`COMMENT ON DATABASE "${name}" IS ${driver().escapeLiteral(text)}`);
  }

  async #query(sql: string): Promise<void> {
    await this.#asked(this.#pool.query(sql));
  }

  async #asked<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw connectionError(error, this.#server.url);
    }
  }
}
