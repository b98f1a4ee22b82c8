import { Pool, type PoolClient } from 'pg';
import { connectionError } from '../database/request-error';
import type { PostgresServerConnection } from './connection';
import { databaseName } from './database-name';
import { commentOf } from './ownership';

// Databases are made a few at a time, whatever asks for them: each copy keeps the server's disk busy anyway.
const atOnce = 8;
const idleMs = 1000;
const connectLimitMs = 30_000;

/** Makes and drops databases on one server. It keeps no connection for longer than a second, and no process from ending. */
export class Administration {
  readonly #server: PostgresServerConnection;
  readonly #pool: Pool;

  constructor(server: PostgresServerConnection) {
    this.#server = server;
    this.#pool = new Pool({
      connectionString: server.url,
      max: atOnce,
      idleTimeoutMillis: idleMs,
      connectionTimeoutMillis: connectLimitMs,
      allowExitOnIdle: true,
      application_name: 'jest-model-provider',
    });
    this.#pool.on('error', () => undefined);
  }

  /** Makes an empty database, or a copy of another one. */
  async create(name: string, template?: string): Promise<void> {
    const { mark, isOwn, version } = this.#server;
    const copy = template === undefined ? '' : ` TEMPLATE ${quoted(template)}`;
    // Without fsync the files of a small database are copied faster than written to the log and read back. On a server that others use
    // the two checkpoints that it takes would be theirs too: https://www.postgresql.org/docs/current/sql-createdatabase.html
    const strategy = isOwn && version >= 15 ? ' STRATEGY FILE_COPY' : '';
    await this.#query(`CREATE DATABASE ${quoted(name)}${copy}${strategy}`);
    // On a server that is not ours the next run finds by it what this one may leave.
    if (!isOwn) await this.#query(`COMMENT ON DATABASE ${quoted(name)} IS '${commentOf(mark)}'`);
  }

  /** Drops a database if it is there, and with it every connection to it. */
  async drop(name: string): Promise<void> {
    await this.#query(`DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`);
  }

  /**
   * Makes a database once, however many ask for it at the same time, and returns its name. One that was not finished is made anew.
   *
   * @param key names its content, 20 hex digits.
   * @param fill called with the name of a new database.
   */
  async once(
    kind: 'template' | 'shared',
    key: string,
    fill: (name: string) => Promise<void>,
  ): Promise<string> {
    const name = databaseName(this.#server.mark, `${kind.charAt(0)}_${key}`, '000000');
    const client = await this.#connect();
    const lock = BigInt.asIntN(64, BigInt(`0x${key.slice(0, 16)}`)).toString();
    try {
      await client.query('SELECT pg_advisory_lock($1)', [lock]);
      try {
        if (!(await isFinished(client, name))) await this.#build(name, kind, fill);
      } finally {
        await client.query('SELECT pg_advisory_unlock($1)', [lock]);
      }
    } finally {
      client.release();
    }
    return name;
  }

  async #build(
    name: string,
    kind: 'template' | 'shared',
    fill: (name: string) => Promise<void>,
  ): Promise<void> {
    await this.drop(name);
    try {
      await this.create(name);
      await fill(name);
      // A connection limit of one less than "no limit" says that it is finished; nobody may connect to a template.
      await this.#query(
        `ALTER DATABASE ${quoted(name)} WITH ${kind === 'template' ? 'ALLOW_CONNECTIONS false' : ''} CONNECTION LIMIT ${finished}`,
      );
    } catch (error) {
      await this.drop(name);
      throw error;
    }
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw connectionError(error, this.#server.url);
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

// A limit that nobody would choose, and that no test reaches.
const finished = 9999;

async function isFinished(client: PoolClient, name: string): Promise<boolean> {
  const { rowCount } = await client.query(
    'SELECT FROM pg_database WHERE datname = $1 AND datconnlimit = $2',
    [name, finished],
  );
  return rowCount === 1;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
