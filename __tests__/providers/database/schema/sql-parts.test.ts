import { sqlParts } from '../../../../src/providers/database/schema/sql-parts';

/** Parts as texts and lines. */
const parts = (...lines: string[]): [number, string, string?][] =>
  sqlParts(lines.join('\n')).map(({ sql, line, rows }) =>
    rows === undefined ? [line, sql] : [line, sql, rows],
  );

const copy = ['COPY t FROM stdin;', '1', '\\.'];

test.each([
  ['a string', ["SELECT '", ...copy, "';"]],
  ['a string with doubled quotes', ["SELECT 'it''s", ...copy, "';"]],
  ['a string that ends with a backslash', ["SELECT 'C:\\', '", ...copy, "';"]],
  ['a string with escapes', ["SELECT E'\\'", ...copy, "', e'\\\\';"]],
  ['a string with escapes that goes on in the next line', ["SELECT E'a' -- so", "  '\\'", ...copy, "';"]],
  ['a string by code points', ["SELECT U&'\\0041", ...copy, "';"]],
  ['a quoted name', ['SELECT 1 AS "a""', ...copy, '";']],
  ['a dollar-quoted body', ['DO $$', ...copy, '$$;']],
  ['a dollar-quoted body with a tag', ['SELECT $q$ $$ $Q$', ...copy, '$q$;']],
  ['a body in a language with backslashes', ['CREATE FUNCTION f() AS $py$', "s = '\\'", '\\copy', '$py$;']],
  ['a comment', ['/* /* inner */', ...copy, '*/ SELECT 1;']],
  ['a line comment', ["-- it's \\d", '-- COPY t FROM stdin;', 'SELECT 1;']],
  ['a name with a dollar', ['SELECT a$b$, c$b$;', "SELECT '\\x';"]],
  ['a name that ends with e', ["SELECT date'\\';", "SELECT 'x';"]],
  ['a string of bits', ["SELECT B'01', X'1F', '\\1';"]],
])('what looks like rows or a command of psql in %s is SQL', (_what, lines) => {
  expect(parts(...lines)).toEqual([[1, lines.join('\n')]]);
});

test.each([
  ['plain', ['COPY t FROM stdin;']],
  ['of columns with a line break between them', ['COPY public.t (a,', '  "from stdin") FROM', 'STDIN', ';']],
  ['with options', ["copy t from stdin with (format csv, delimiter ';', quote '\\');"]],
  ['with a comment behind it', ['COPY t FROM stdin; -- the rows']],
  ['with a comment in it', ['COPY t /* all; of it */ FROM -- here', ' stdin;']],
])('a copy %s has rows until the line with \\.', (_what, lines) => {
  const found = parts('SELECT 1;', '', ...lines, "it's", '', '\\.x', '\\N', '\\.', 'SELECT 2;', 'SELECT 3;');
  const sql = lines.join('\n').replace(/;[^;]*$/, ';');
  const after = 2 + lines.length + 5;
  expect(found).toEqual([
    [1, 'SELECT 1;'],
    [3, sql, "it's\n\n\\.x\n\\N\n"],
    [after + 1, 'SELECT 2;\nSELECT 3;'],
  ]);
});

test.each([
  ['to', 'COPY t TO stdout;'],
  ['from a file', "COPY t FROM '/tmp/stdin';"],
  ['from a table called stdin', 'COPY (SELECT * FROM stdin) TO stdout;'],
  ['a table called copy', 'INSERT INTO copy SELECT * FROM stdin;'],
])('no rows follow a copy that is none %s', (_what, sql) => {
  expect(parts(sql, '1', ';')).toEqual([[1, `${sql}\n1\n;`]]);
});

test('rows with breaks of Windows end at their mark, as does a file without it', () => {
  expect(parts('COPY t FROM stdin;\r', '1\r', '\\.\r', 'SELECT 1;\r')).toEqual([
    [1, 'COPY t FROM stdin;', '1\r\n'],
    [4, 'SELECT 1;\r'],
  ]);
  expect(parts('COPY t FROM stdin;', '1', '\\. ')).toEqual([[1, 'COPY t FROM stdin;', '1\n\\. ']]);
  expect(parts('COPY t FROM stdin;')).toEqual([[1, 'COPY t FROM stdin;', '']]);
});

test.each([
  'SET standard_conforming_strings TO on;',
  'SET standard_conforming_strings TO DEFAULT;',
  'RESET standard_conforming_strings;',
])('where a file sets that backslashes escape they do, from the next statement to %s', (end) => {
  expect(
    parts('SET standard_conforming_strings = off;', "SELECT '\\'", ...copy, "';", end, "SELECT '\\';"),
  ).toEqual([
    [1, 'SET standard_conforming_strings = off;'],
    [2, `SELECT '\\'\nCOPY t FROM stdin;\n1\n\\.\n';\n${end}`],
    [8, "SELECT '\\';"],
  ]);
});

test.each([
  ['SELECT 1;\n\n\\connect other\n', 3, '\\connect is a command of psql'],
  ['SELECT 1 \\gexec\n', 1, '\\gexec is a command of psql'],
  ["/* \n */ '\n'\\d t", 3, '\\d is a command of psql'],
  ['COPY t FROM stdin; SELECT 1;\n\\.\n', 1, 'nothing may follow it in its own'],
])('what only psql understands is refused with its line: %j', (text, line, message) => {
  expect(() => sqlParts(text)).toThrow(
    expect.objectContaining({ line, message: expect.stringContaining(message) as string }),
  );
});

test('the commands that pg_dump writes for safety are passed over', () => {
  expect(parts('\\restrict a1', 'SELECT 1;', '\\unrestrict a1', '')).toEqual([[2, 'SELECT 1;\n']]);
});

test('what is left open goes to the server as it is', () => {
  for (const text of [
    "SELECT '",
    "SELECT E'\\",
    'SELECT "',
    'SELECT $a$ $',
    '/* /* */',
    'COPY t FROM stdin',
    '--',
  ])
    expect(parts(text)).toEqual([[1, text]]);
  expect(parts(' \n ')).toEqual([]);
});

test('a file is read in a time that grows as it does', () => {
  const row = "INSERT INTO t VALUES (E'it\\'s', '$$', \"a\", $b$ c $b$); -- d\n";
  const time = (rows: number, times: number): number => {
    const text = row.repeat(rows);
    const begin = process.cpuUsage().user;
    for (let each = 0; each < times; each += 1) sqlParts(text);
    return process.cpuUsage().user - begin;
  };
  time(2000, 1);
  // As many rows in both, since the system counts the time of a process by ticks.
  expect(time(40_000, 1)).toBeLessThan(4 * time(4000, 10));
});
