import { isModelProviderError } from '../../base/errors';
import type { ResourceContext } from '../../pattern/resource-context';
import { Administration } from '../postgres-server/administration';
import { urlOfDatabase, type PostgresServerConnection } from '../postgres-server/connection';
import { describeKept, keepOnOwnServer } from '../postgres-server/kept-databases';
import { databaseName } from '../postgres-server/database-name';
import { chooseServer } from '../postgres-server/choose-server';
import { applicationName, type DatabaseConnection } from '../postgres-server/client';
import { driver } from '../postgres-server/driver';
import { checkConfig, checkOptions, type DatabaseConfig, type DatabaseOptions } from './options';
import { connectionError, describeServer } from '../postgres-server/request-error';
import { applySchema } from './schema/apply-schema';
import { loadSchema, type HashedSchema } from './schema/load-schema';
import { dropsOf, madeSince, SchemaFailures, serverObjects } from './server-objects';

const defaultStatementTimeoutMs = 30_000;

interface Server {
  readonly connection: PostgresServerConnection;
  readonly administration: Administration;
  readonly schemaFailures: SchemaFailures;
  /** The ICU locale of its databases; undefined for that of the server. */
  readonly locale?: string | undefined;
}

/** The session half of one provider: makes databases on the server that they are leased from. */
export class Databases {
  readonly #options: DatabaseOptions;
  readonly #servers = new Map<string, Server>();

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  /** @throws ModelProviderError the codes that {@link DatabaseProvider} lists. */
  async create(name: string, config: DatabaseConfig, context: ResourceContext): Promise<DatabaseConnection> {
    checkOptions(this.#options);
    checkConfig(context.spec, config);
    const isolation = config.isolation ?? this.#options.isolation ?? 'file';
    const statementTimeoutMs =
      config.statementTimeoutMs ?? this.#options.statementTimeoutMs ?? defaultStatementTimeoutMs;
    const schema = loadSchema(name, this.#options.schemas, config.schema);
    const server = { ...(await this.#server(context)), locale: this.#options.icuLocale };
    const keeps = this.#options.keepOnFailure === true;
    const database =
      isolation === 'shared'
        ? await share(server, name, schema, context)
        : await make(server, name, schema, context, keeps);
    if (isolation === 'shared' && keeps)
      context.defer(`keep ${database}`, async () => {
        await keepIfFailed(server, database, context);
      });
    return { url: urlOfDatabase(server.connection.url, database), statementTimeoutMs };
  }

  async #server(context: ResourceContext): Promise<Server> {
    const { spec, config } = chooseServer(this.#options.server, this.#options.listen);
    const { resourceId, connection } = await context.lease(spec, config);
    const known = this.#servers.get(resourceId);
    if (known !== undefined) return known;
    const server = {
      connection: connection as PostgresServerConnection,
      administration: new Administration(connection as PostgresServerConnection),
      schemaFailures: new SchemaFailures(),
    };
    this.#servers.set(resourceId, server);
    return server;
  }
}

/** Makes a database for one lease: a copy of the template, or an empty one. */
async function make(
  server: Server,
  name: string,
  schema: HashedSchema | undefined,
  context: ResourceContext,
  keeps: boolean,
): Promise<string> {
  const { connection, administration } = server;
  const template = schema === undefined ? undefined : await templateOf(server, name, schema, context);
  context.signal.throwIfAborted();
  const database = databaseName(connection.mark, name);
  const whileServed = async (step: () => Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      // The databases of the session's own server end with it.
      if (!connection.isOwn || !isUnreachable(error)) throw error;
    }
  };
  const drop = async (): Promise<void> => {
    if (keeps && (await keepIfFailed(server, database, context))) return;
    await whileServed(async () => {
      if (await administration.dropUnused(database)) return;
      // An idle client that hears of its end throws.
      await context.putOff(`drop ${database}`, {
        look: async (file) => {
          if (await administration.isUsed(database))
            context.note(
              `${JSON.stringify(file)} left connections to it open, which were closed after the file: end pools and clients, for example in an afterAll`,
            );
        },
        end: () => whileServed(() => administration.drop(database)),
      });
    });
  };
  context.defer(`drop ${database}`, drop);
  context.progress('copying its template');
  await administration.create(database, template === undefined ? { locale: server.locale } : { template });
  // The deferred drop may have run while the database was still being made.
  if (context.signal.aborted) await drop();
  context.signal.throwIfAborted();
  return database;
}

/** Keeps a database that a failed test held, and reports it. Returns whether there was such a test. */
async function keepIfFailed(
  { connection, administration }: Server,
  database: string,
  context: ResourceContext,
): Promise<boolean> {
  const test = context.failedTest;
  if (test === undefined) return false;
  const kept = { database, test };
  if (connection.isOwn) keepOnOwnServer(connection.mark, kept);
  else if (await administration.keep(database)) {
    context.keep(describeKept(kept, connection.url));
    await context.putOff(`end the connections to ${database}`, {
      look: () => undefined,
      end: () => administration.endConnections(database),
    });
  }
  return true;
}

/** The template of a schema, built by the first lease that needs it. */
async function templateOf(
  server: Server,
  name: string,
  schema: HashedSchema,
  context: ResourceContext,
): Promise<string> {
  const { administration, locale } = server;
  const key = `template ${schema.hash} ${locale ?? ''}`;
  try {
    return await administration.once(key, { readable: `template ${name}`, locale }, async (fresh) => {
      await fill(server, fresh, schema, context);
      await administration.close(fresh);
    });
  } catch (error) {
    // The lease that was building it was aborted, not this one.
    if (!isModelProviderError(error, 'SETUP_ABORTED') || context.signal.aborted) throw error;
    return templateOf(server, name, schema, context);
  }
}

/** The one database of all leases of that name and schema. The server drops it at the end of the session. */
function share(
  server: Server,
  name: string,
  schema: HashedSchema | undefined,
  context: ResourceContext,
): Promise<string> {
  const { administration, locale } = server;
  const key = `shared ${schema?.hash ?? ''} ${locale ?? ''} ${name}`;
  return administration.once(key, { readable: `shared ${name}`, locale }, async (fresh) => {
    if (schema === undefined) return;
    await fill(server, fresh, schema, context);
    await administration.finish(fresh);
  });
}

async function fill(
  { connection, schemaFailures }: Server,
  database: string,
  { schema, hash }: HashedSchema,
  context: ResourceContext,
): Promise<void> {
  context.progress('building its schema');
  const url = urlOfDatabase(connection.url, database);
  const client = new (driver(url).Client)({ connectionString: url, application_name: applicationName });
  client.on('error', () => undefined);
  const giveUp = (): void => void client.end();
  context.signal.addEventListener('abort', giveUp, { once: true });
  try {
    await client.connect().catch((error: unknown) => {
      throw connectionError(error, url);
    });
    // What the session's own server holds ends with it.
    const before = connection.isOwn ? undefined : await serverObjects(client);
    const made = async (): Promise<string[]> => (before === undefined ? [] : madeSince(before, client));
    try {
      await applySchema(schema, client);
    } catch (error) {
      context.signal.throwIfAborted();
      throw schemaFailures.failed(hash, error, await made().catch(() => []));
    }
    for (const name of await made())
      context.keep(
        `${name} on ${describeServer(connection.url)}: the schema of ${context.spec} has made it, and it stays after its database\n  remove it: ${dropsOf([name])}\n  or write the schema so that it may be there: IF NOT EXISTS, or DO with EXCEPTION WHEN duplicate_object`,
      );
  } catch (error) {
    context.signal.throwIfAborted();
    throw error;
  } finally {
    context.signal.removeEventListener('abort', giveUp);
    await client.end();
  }
}

function isUnreachable(error: unknown): boolean {
  const code = isModelProviderError(error) ? error.details['serverCode'] : undefined;
  return ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', '57P01', '57P02', '57P03', undefined].includes(
    code as string | undefined,
  );
}
