/** @jest-environment jest-model-provider/environment */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { escapeIdentifier as named, escapeLiteral as quoted } from 'pg';
import { closeSessionsAfterEach } from '../fixtures/private-session';
import { ask, databaseSession } from '../providers/database/own-server';

// pg_dump and psql of Debian 12. Where they cannot be had the test is skipped, and it is said why.
const script = join(__dirname, '../../scripts/fetch-postgres.mjs');
const folder = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
const isThere = !folder.startsWith('skipped: ');
if (!isThere) process.stderr.write(`PostgreSQL 15: ${folder}\n`);

const directory = mkdtempSync(join(tmpdir(), 'jmp-dumps-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
closeSessionsAfterEach();

const run = (program: string, ...args: string[]): string =>
  execFileSync(join(folder, program), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
// Each dump has a key of its own, so that its rows cannot hold the command.
const withoutKey = (dump: string): string => dump.replaceAll(/^\\(un)?restrict .*$/gm, '');
const dump = (url: string, ...options: string[]): string => run('pg_dump', ...options, url);

/** What a reader of SQL may take for something else. */
const hostile = [
  ...[
    "'",
    "''",
    '"',
    '\\',
    '\\\\',
    '$$',
    '$q$',
    '$_$',
    '--',
    '/*',
    '*/',
    ';',
    ':',
    '%',
    '\n',
    '\r\n',
    '\r',
    '\t',
  ],
  ...[
    '\\.',
    '\n\\.\n',
    '\n\\.',
    '\n\\connect other\n',
    '\n\\d\n',
    '\\N',
    '\\x41',
    '\\frac{1}{2}',
    '\u2028\\.\u2028',
  ],
  ...[
    '\nCOPY t FROM stdin;\n1\n\\.\n',
    'COPY t (a,\n b) FROM stdin',
    "E'\\'",
    '\nSET standard_conforming_strings = off;\n',
  ],
  ...['BEGIN ATOMIC', 'END', '\\restrict a', 'é', 'ß', '漢', '😀', '\u{1F600}\u200D', 'a', 'stdin', ' '],
];
const text = fc.oneof(
  fc.array(fc.constantFrom(...hostile), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 12 }).map((found) => found.replaceAll('\0', '')),
);
const name = text
  .map((found) => [...found].slice(0, 12).join('') || 'a')
  .filter((found) => Buffer.byteLength(found) < 60);

interface Content {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly texts: readonly string[];
}

const content: fc.Arbitrary<Content> = fc
  .record({
    table: name,
    columns: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
    rows: fc.array(fc.array(fc.option(text), { minLength: 3, maxLength: 3 }), { maxLength: 6 }),
    texts: fc.array(text, { minLength: 3, maxLength: 3 }),
  })
  // What no server takes: a view with two columns of one name, and a row that its table's check refuses.
  .filter(
    ({ columns, rows, texts: [, two = ''] }) =>
      columns[0] !== 'stdin' && rows.every(([first]) => first !== `${two} `),
  );

/** A database with what pg_dump writes in a way of its own. */
function statements({ table, columns, rows, texts: [one = '', two = '', three = ''] }: Content): string[] {
  const own = named(table);
  const values = rows.map((row) => `(${columns.map((_, at) => literal(row[at] ?? null)).join(', ')})`);
  return [
    `CREATE TABLE ${own} (${columns.map((column) => `${named(column)} text DEFAULT ${quoted(one)}`).join(', ')}, CHECK (${named(columns[0] ?? '')} IS DISTINCT FROM ${quoted(`${two} `)}))`,
    ...(values.length > 0 ? [`INSERT INTO ${own} VALUES ${values.join(', ')}`] : []),
    `COMMENT ON TABLE ${own} IS ${quoted(two)}`,
    `CREATE VIEW seen AS SELECT ${quoted(three)}::text AS ${named(columns[0] ?? '')}, t.* FROM (SELECT 1 AS "stdin") t`,
    `CREATE FUNCTION body() RETURNS text LANGUAGE plpgsql AS ${quoted(`BEGIN RETURN ${quoted(one)}; /* ${two.replaceAll(/[*/]/g, '')} */ END`)}`,
    `CREATE FUNCTION atomic() RETURNS text BEGIN ATOMIC SELECT 1; SELECT ${quoted(two)}; END`,
    `CREATE RULE doubly AS ON INSERT TO seen DO INSTEAD (SELECT ${quoted(three)}; SELECT 2)`,
    `CREATE TYPE mood AS ENUM (${quoted([...one].slice(0, 8).join('') || 'a')}, 'other')`,
    'CREATE TABLE kinds (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b bytea, j jsonb, a text[], r real)',
    `INSERT INTO kinds (b, j, a, r) VALUES (convert_to(${quoted(one)}, 'UTF8'), to_jsonb(${quoted(two)}::text), ARRAY[${quoted(three)}, NULL], 'NaN')`,
    'CREATE TABLE refers (to_kind int REFERENCES kinds)',
    'INSERT INTO refers VALUES (1)',
    `SELECT lo_from_bytea(0, convert_to(${quoted(one)}, 'UTF8'))`,
  ];
}

const literal = (value: string | null): string => (value === null ? 'NULL' : quoted(value));

const forms: Record<string, readonly (readonly string[])[]> = {
  plain: [[]],
  'with INSERT': [['--inserts', '--rows-per-insert=2']],
  'with names of columns': [['--column-inserts', '--disable-dollar-quoting']],
  'in two files': [['--schema-only'], ['--data-only']],
};

(isThere ? test : test.skip)(
  'what psql loads from pg_dump a schema loads, with the same result',
  async () => {
    const { provider, servers } = await databaseSession({ server: folder });
    const server = await servers.setup(folder);
    const urlOf = (database: string): string => {
      const url = new URL(server.client.url);
      url.pathname = `/${database}`;
      return url.href;
    };
    const anew = async (database: string): Promise<string> => {
      await ask(server.client.url, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
      await ask(server.client.url, `CREATE DATABASE ${database} TEMPLATE template0`);
      return urlOf(database);
    };
    let count = 0;
    await fc.assert(
      fc.asyncProperty(content, fc.constantFrom(...Object.keys(forms)), async (found, form) => {
        const source = await anew('source');
        for (const statement of statements(found)) await ask(source, statement);
        count += 1;
        const files = forms[form]!.map((options, index) => {
          const file = join(directory, `${count}-${index}.sql`);
          writeFileSync(file, dump(source, ...options));
          return file;
        });
        const other = await anew('by_psql');
        for (const file of files)
          run('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', file, other);
        const handle = await provider.setup(`dump-${count}`, { schema: files });
        expect(withoutKey(dump(handle.client.url))).toBe(withoutKey(dump(other)));
        await handle.teardown();
      }),
      { numRuns: 25 },
    );
    await server.teardown();
  },
  300_000,
);
