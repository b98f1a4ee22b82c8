/** @jest-environment jest-model-provider/environment */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Client } from 'pg';
import { caught } from '../../support/caught';
import { PostgresServerProvider } from '../../../dist/src/providers/postgres-server/provider';
import type { PostgresServerConnection } from '../../../dist/src/providers/postgres-server/connection';
import type { PostgresServerConfig } from '../../../dist/src/providers/postgres-server/options';
import type { ResourceContext } from '../../../dist/src/pattern/resource-context';
import { closeSessionsAfterEach, openPrivateSession } from '../../fixtures/private-session';
import { databaseSession, value } from '../database/own-server';

closeSessionsAfterEach();

const listen = '127.0.0.1' as const;

test.each([
  ['one client', {}],
  ['a pool', { pool: true as const }],
])('with listen a database is reached by the URL of a port, and by its parts: %s', async (_what, options) => {
  const { provider } = await databaseSession({ listen, ...options });
  const { client } = await provider.setup('shop');
  const { url, host, port, user, password, database } = client;
  expect(url).toBe(`postgresql://postgres:${password}@127.0.0.1:${port}/${database}?sslmode=disable`);
  expect({ host, user, password }).toEqual({
    ...{ host: '127.0.0.1', user: 'postgres' },
    password: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  for (const config of [{ connectionString: url }, { host, port, user, password, database }]) {
    const own = new Client(config);
    await own.connect();
    expect(await value(own, 'SELECT current_database()')).toBe(database);
    await own.end();
  }
});

test('without it there is no port, and the parts are those of the socket', async () => {
  const { provider } = await databaseSession();
  const { client } = await provider.setup('shop');
  const { host, port, user, password, database } = client;
  expect(host).toMatch(/^\//);
  expect(password).toBeUndefined();
  const own = new Client({ host, port, user, database });
  await own.connect();
  expect(
    await value(own, "SELECT inet_server_port() IS NULL AND current_setting('listen_addresses') = ''"),
  ).toBe(true);
  await own.end();
});

test('a port lets nobody in without the password, and the password is nowhere to be read', async () => {
  const { provider } = await databaseSession({ listen, pool: true });
  const { client } = await provider.setup('shop');
  const { host, port, user, password = '', database } = client;
  for (const wrong of [undefined, '', 'postgres']) {
    const other = new Client({ host, port, user, database, password: wrong });
    expect((await caught(other.connect())).message).toMatch(/password/);
    await other.end();
  }
  expect(await value(client, 'SELECT rolpassword FROM pg_authid WHERE rolname = current_user')).toMatch(
    /^SCRAM-SHA-256\$/,
  );
  const arguments_ = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  expect(arguments_).toContain(`-p ${port}`);
  const directory = join(String(await value(client, "SELECT current_setting('data_directory')")), '..');
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((path) => join(directory, path))
    // The server writes some anew meanwhile, each under another name first.
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  const texts = [
    arguments_,
    inspect(client, { depth: 8, showHidden: false }),
    ...files.filter((path) => existsSync(path)).map((path) => readFileSync(path, 'latin1')),
  ];
  expect(texts.filter((text) => text.includes(password))).toEqual([]);
  expect(statSync(join(directory, 'data', 'pg_hba.conf')).mode & 0o777).toBe(0o600);
});

/** A provider whose servers find the given ports free, as if other programs had taken them since. */
class UnluckyProvider extends PostgresServerProvider {
  readonly ports: number[] = [];

  override createResource(
    name: string,
    config: PostgresServerConfig | undefined,
    context: ResourceContext,
  ): Promise<PostgresServerConnection> {
    const freePort = async (): Promise<number> => this.ports.shift() ?? context.freePort();
    return super.createResource(name, config, { ...context, signal: context.signal, freePort });
  }
}

describe('a port that another program took meanwhile', () => {
  const taken = createServer();
  const servers = new UnluckyProvider();
  let port: number;
  beforeEach(async () => {
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    ({ port } = taken.address() as AddressInfo);
    await openPrivateSession({ 'postgres-server': servers as never });
  });
  afterEach(() => void taken.close());

  test('is left to it', async () => {
    servers.ports.push(port);
    const { client } = await servers.setup('embedded', { listen });
    expect(client.port).not.toBe(port);
    expect(await value(client, 'SELECT 1')).toBe(1);
  });

  test('each time is the reason of a failed start', async () => {
    servers.ports.push(port, port, port);
    const error = await caught(servers.setup('embedded', { listen }));
    expect(error).toMatchObject({
      code: 'SETUP_FAILED',
      message: expect.stringMatching(/^postgres-server:embedded: other programs took every port/) as string,
    });
  });
});

test('listen that is no address of this machine alone is refused', async () => {
  const { provider, servers } = await databaseSession({ listen: '0.0.0.0' as never });
  const message = `listen is "0.0.0.0"; it must be '127.0.0.1'`;
  for (const attempt of [provider.setup('shop'), servers.setup('embedded', { listen: '0.0.0.0' as never })]) {
    const error = await caught(attempt);
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message) as string,
    });
  }
});
