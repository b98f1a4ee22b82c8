/** @jest-environment jest-model-provider/environment */
import { closeSessionsAfterEach, openPrivateSession } from '../fixtures/private-session';
import { TlsPostgres } from '../fixtures/tls-postgres';
import { ask, ourDatabases } from '../providers/database/own-server';
import { spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

// Code under test leaves pools and clients open, that have no listener for errors: nothing turns red by it, on
// whichever way they are connected.

closeSessionsAfterEach();

const providers = {
  'providers.js': `
    const { DatabaseProvider, defineProviders } = require('jest-model-provider');
    const own = (options) => new DatabaseProvider({ server: 'embedded', ...options });
    module.exports = defineProviders({
      own: own({}),
      port: own({ listen: '127.0.0.1' }),
      given: new DatabaseProvider({}),
    });`,
};

const leaving = (provider: string): string =>
  spec(`
    const { Client, Pool } = require('pg');
    const leave = async ({ url }) => {
      for (const options of [{}, { allowExitOnIdle: true }])
        await new Pool({ connectionString: url, idleTimeoutMillis: 4000, ...options }).query('SELECT 1');
      const client = new Client({ connectionString: url });
      await client.connect();
    };
    // Long enough for the server's word to arrive, if there were one.
    const hear = () => new Promise((resolve) => setTimeout(resolve, 300));
    withClient(['${provider}:block'], (handle) => {
      test('a block', () => leave(handle.client));
    });
    withClient([{ spec: '${provider}:each', config: { isolation: 'test' } }], (handle) => {
      test.each([1, 2])('test %i', async () => { await leave(handle.client); await hear(); });
    });
    withClient([{ spec: '${provider}:shared', config: { isolation: 'shared' } }], (handle) => {
      test('a shared one', () => leave(handle.client));
    });
    test('one that is left to the file', async () => {
      await leave((await modelProviders.setup('${provider}:byHand')).client);
    });
    test('hears nothing', hear);`);

const specs = {
  'a-own.eval.js': leaving('own'),
  'b-port.eval.js': leaving('port'),
  'c-given.eval.js': leaving('given'),
  'd-later.eval.js': spec(`
    const { Pool } = require('pg');
    let pool;
    withClient(['own:later'], (handle) => {
      test('leaves its pool to the end of the file', async () => {
        pool = new Pool({ connectionString: handle.client.url });
        await pool.query('SELECT 1');
      });
    });
    test('hears nothing of the files before', () => new Promise((resolve) => setTimeout(resolve, 500)));
    afterAll(() => pool.end());`),
};

describe.each(bothModes)('connections that code under test leaves open, %s', (mode) => {
  let run: JestRun;
  let left: string[];
  beforeAll(async () => {
    const tls = new TlsPostgres();
    await openPrivateSession({ tls });
    const { admin, port } = (await tls.setup('x')).client;
    await ask(admin, `CREATE ROLE app LOGIN CREATEDB PASSWORD 'the-password'`);
    const url = `postgresql://app:the-password@127.0.0.1:${port}/postgres?sslmode=no-verify`;
    run = await runJest({ ...providers, ...specs }, mode, {
      config: withProviders,
      env: { DATABASE_URL: url },
      workers: 1,
    });
    left = await ourDatabases(admin);
  });

  test('turn nothing red, and nothing is left', () => {
    expect(run.tests.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.tests).toHaveLength(20);
    expect(left).toEqual([]);
  });

  test('are told at the end, each database once, but for those that the file ends itself', () => {
    const told = [...run.output.matchAll(/^(\S+): ("\S+" left connections to it open).*$/gm)].map(
      ([, spec, what]) => `${spec} ${what}`,
    );
    const names = ['block', 'each', 'byHand'];
    expect(told.sort()).toEqual(
      ['a-own', 'b-port', 'c-given']
        .flatMap((file) =>
          names.map((name) => `${file.slice(2)}:${name} "${file}.eval.js" left connections to it open`),
        )
        .sort(),
    );
  });
});
