const { execFile } = require('node:child_process');
const { existsSync } = require('node:fs');
const { promisify } = require('node:util');
const { withClient } = require('jest-model-provider');

// The programs of other packages, which connect by themselves.
const run = promisify(execFile);
const env = ({ host, port, user, password, database, url }) => ({
  ...process.env,
  ...{ PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database, SHOP_URL: url },
  ...(password === undefined ? {} : { PGPASSWORD: password }),
});
const tool = (script, args, client) =>
  run(process.execPath, [require.resolve(script), ...args], { cwd: __dirname, env: env(client) });
const drizzleKit = (command, client) =>
  tool('./node_modules/drizzle-kit/bin.cjs', [command, '--config', 'drizzle.config.js'], client);
const namesIn = async (client) => (await client.query('SELECT name FROM tools ORDER BY name')).rows;
const hasPsql = (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/psql`));

withClient(['port:empty'], { scope: 'test' }, (handle) => {
  test("knex's migrations", async () => {
    await tool('knex/bin/cli.js', ['migrate:latest', '--knexfile', 'knexfile.js'], handle.client);
    expect(await namesIn(handle.client)).toEqual([{ name: 'knex' }]);
    await tool('knex/bin/cli.js', ['migrate:rollback', '--knexfile', 'knexfile.js'], handle.client);
    await expect(namesIn(handle.client)).rejects.toMatchObject({ code: '42P01' });
  });

  test('drizzle-kit push', async () => {
    await drizzleKit('push', handle.client);
    expect(await namesIn(handle.client)).toEqual([]);
  });

  test('drizzle-kit generate and migrate', async () => {
    await drizzleKit('generate', handle.client);
    await drizzleKit('migrate', handle.client);
    expect(await namesIn(handle.client)).toEqual([]);
  });
});

for (const provider of ['port', 'socket'])
  withClient([`${provider}:shop`], (handle) => {
    (hasPsql ? test : test.skip)('psql', async () => {
      const args = ['-XAtc', "SELECT upper(name) FROM products WHERE name = 'Écran'"];
      expect((await run('psql', args, { env: env(handle.client) })).stdout).toBe('ÉCRAN\n');
      expect((await run('psql', [...args, handle.client.url])).stdout).toBe('ÉCRAN\n');
    });
  });
