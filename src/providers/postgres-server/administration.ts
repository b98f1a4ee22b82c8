import type { Pool } from 'pg';
import { driver } from '../database/driver';
import { connectionError } from '../database/request-error';
import type { PostgresServerConnection } from './connection';
import { databaseName } from './database-name';
import { abandonedDatabases, commentOf, databasesOf, keptComment } from './ownership';

// Databases are made a few at a time, whatever asks for them: each copy keeps the server's disk busy anyway.
const atOnce = 8;
const idleMs = 1000;

/** Makes and drops databases on one server. It keeps no connection for longer than a second, and no process from ending. */
export class Administration {
  readonly #server: PostgresServerConnection;
  readonly #pool: Pool;
  readonly #kept = new Set<string>();
  readonly #made = new Map<string, Promise<string>>();

  constructor(server: PostgresServerConnection) {
    this.#server = server;
    this.#pool = new (driver().Pool)({
      connectionString: server.url,
      max: atOnce,
      idleTimeoutMillis: idleMs,
      allowExitOnIdle: true,
      application_name: 'jest-model-provider',
    });
    this.#pool.on('error', () => undefined);
  }

  /** Makes an empty database, or a copy of another one. */
  async create(name: string, template?: string): Promise<void> {
    const { mark, isOwn, version } = this.#server;
    const copy = template === undefined ? '' : ` TEMPLATE "${template}"`;
    // Without fsync the files of a small database are copied faster than written to the log and read back. On a server that others use
    // the two checkpoints that it takes would be theirs too: https://www.postgresql.org/docs/current/sql-createdatabase.html
    const strategy = isOwn && version >= 15 ? ' STRATEGY FILE_COPY' : '';
    await this.#query(`CREATE DATABASE "${name}"${copy}${strategy}`);
    // On a server that is not ours the next run finds by it what this one may leave.
    if (!isOwn) await this.#query(`COMMENT ON DATABASE "${name}" IS '${commentOf(mark)}'`);
  }

  /** Drops a database if it is there, and with it every connection to it. */
  async drop(name: string): Promise<void> {
    await this.#query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  }

  /**
   * Takes a database out of those that sessions drop, on a server that is not ours, and ends the connections that would keep this
   * process from ending. Returns false if it was taken out before.
   */
  async keep(name: string): Promise<boolean> {
    if (this.#kept.has(name)) return false;
    this.#kept.add(name);
    await this.#query(`COMMENT ON DATABASE "${name}" IS '${keptComment}'`);
    await this.#query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND usename = current_user`,
    );
    return true;
  }

  /**
   * Makes a database once, however many ask for it, and returns its name; the server's resource ends it. One that could not be made
   * is tried again by the next who asks.
   *
   * @param key names its content.
   * @param fill called with the name of the new database.
   */
  once(key: string, readable: string, fill: (name: string) => Promise<void>): Promise<string> {
    const present = this.#made.get(key);
    if (present !== undefined) return present;
    const made = this.#make(databaseName(this.#server.mark, readable), fill);
    this.#made.set(key, made);
    made.catch(() => this.#made.delete(key));
    return made;
  }

  /** Keeps everybody from connecting to a database that is to be copied. */
  async close(name: string): Promise<void> {
    await this.#query(`ALTER DATABASE "${name}" WITH ALLOW_CONNECTIONS false`);
  }

  /** The databases that this session has made. */
  ownDatabases(): Promise<string[]> {
    return databasesOf(this.#server.mark, this.#pool);
  }

  /** Those that dead sessions have left on this server. */
  abandonedDatabases(): Promise<string[]> {
    return abandonedDatabases(this.#pool);
  }

  async #make(name: string, fill: (name: string) => Promise<void>): Promise<string> {
    try {
      await this.create(name);
      await fill(name);
      return name;
    } catch (error) {
      await this.drop(name);
      throw error;
    }
  }

  async #query(sql: string): Promise<void> {
    try {
      await this.#pool.query(sql);
    } catch (error) {
      throw connectionError(error, this.#server.url);
    }
  }
}
