import fc from 'fast-check';
import { Client } from 'pg';
import { givenUrl } from '../../../src/providers/postgres-server/options';
import { thrown } from '../../support/thrown';

const before = { ...process.env };
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('PG')) delete process.env[name];
});
afterAll(() => Object.assign(process.env, before));

/** What the driver makes of the URL. */
function parts(url: string | undefined, variables: Record<string, string> = {}): Partial<Client> {
  Object.assign(process.env, variables);
  const connectionString = givenUrl(url === undefined ? {} : { url });
  const { user, password, host, port, database } = new Client({ connectionString });
  return { user, password, host, port, database };
}

// The variables of a process hold no NUL; an empty one is as none.
const word = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.string({ unit: fc.constantFrom(...'%4aF#?/@: +&=\\') }),
  )
  .map((text) => text.replaceAll('\0', ''))
  .filter((text) => text !== '');

test('users and passwords may have any character, in variables as they are and in a URL encoded', () => {
  fc.assert(
    fc.property(word, word, (user, password) => {
      const found = { user, password, host: 'db.example', port: 5433, database: 'postgres' };
      const [PGUSER, PGPASSWORD] = [user, password];
      expect(parts(undefined, { PGUSER, PGPASSWORD, PGHOST: 'db.example', PGPORT: '5433' })).toEqual(found);
      expect(parts('postgresql://db.example:5433', { PGUSER, PGPASSWORD })).toEqual(found);
      const [encodedUser, encodedPassword] = [encodeURIComponent(user), encodeURIComponent(password)];
      expect(parts(`postgresql://${encodedUser}:${encodedPassword}@db.example:5433/postgres`)).toEqual(found);
    }),
    { numRuns: 500 },
  );
});

const me = { PGUSER: 'me', PGPASSWORD: 'pw' };
test.each([
  ['postgresql:///db', me, 'postgresql://me:pw@localhost/db'],
  ['postgresql:///db', { ...me, PGHOST: 'db.example' }, 'postgresql://me:pw@db.example/db'],
  ['postgresql://', me, 'postgresql://me:pw@localhost/postgres'],
  ['postgresql:///db?host=/run/pg', me, 'postgresql://me:pw@localhost/db?host=/run/pg'],
])(
  'a URL without a host is completed, for clients that know no variables: %s with %j',
  (url, given, found) => {
    Object.assign(process.env, given);
    expect(givenUrl({ url })).toBe(found);
  },
);

test('an empty variable is as none', () => {
  const names = ['PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'PGDATABASE', 'PGSSLMODE'];
  const without = givenUrl({});
  for (const name of names) process.env[name] = '';
  expect(givenUrl({})).toBe(without);
});

test.each([
  [
    'postgresql://app:pw@/db?host=/run/pg',
    {},
    { user: 'app', password: 'pw', host: '/run/pg', database: 'db' },
  ],
  ['postgresql://app@/db?host=%2Frun%2Fpg', {}, { user: 'app', host: '/run/pg', database: 'db' }],
  ['postgresql:///db?host=/run/pg', { PGUSER: 'me' }, { user: 'me', host: '/run/pg', database: 'db' }],
  ['postgres://app:pw@', {}, { user: 'app', host: 'localhost', database: 'postgres' }],
  ['postgresql://app@/db', { PGHOST: '/run/pg' }, { host: '/run/pg', database: 'db' }],
  ['postgresql://app@/db', { PGHOST: 'h' }, { host: 'h', database: 'db' }],
  [undefined, { PGHOST: '::1', PGUSER: 'a' }, { host: '::1', user: 'a' }],
  [undefined, { PGHOST: '/run/pg', PGDATABASE: 'my db' }, { host: '/run/pg', database: 'my db' }],
])('the server %s with %j', (url, variables, found) => {
  expect(parts(url, variables as Record<string, string>)).toMatchObject(found);
});

test.each([
  ['postgresql://app:se#cret@localhost/postgres', '# as %23'],
  ['postgresql://app:secret@one,two/postgres', 'names several hosts'],
  ['postgresql://app:secret@localhost/a%23b', 'in its name'],
  ['postgresql://app:1234#cret@localhost/postgres', 'ends its user or password'],
  ['postgresql://app:1234?cret@localhost/postgres', 'ends its user or password'],
  ['postgresql://app:1234/cret@localhost/postgres', 'ends its user or password'],
  ['postgresql://app:se?cret@localhost/postgres', '? as %3F'],
  ['postgresql://app:se/cret@localhost/postgres', '/ as %2F'],
  ['postgresql://app:secret%@localhost/postgres', '"%" that begins no percent-encoding'],
  ['postgresql://app:secret@localhost/post%gres', '"%" that begins no percent-encoding'],
  ['postgresql://app:secret@one:5432,two:5432/postgres', 'names several hosts'],
  ['host=localhost password=secret', 'such as postgresql://user'],
  ['mysql://app:secret@localhost/postgres', 'such as postgresql://user'],
])('a URL that is none is refused, with the fix and without its password: %s', (url, message) => {
  const error = thrown(() => givenUrl({ url }));
  expect(error).toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(message) as string,
  });
  expect((error as Error).message).not.toMatch(/cret|1234/);
});

test.each([
  ['PGPORT', 'five', 'PGPORT is "five"; it must be a port, 1 to 65535.'],
  ['PGPORT', '70000', 'PGPORT is "70000"; it must be a port, 1 to 65535.'],
  [
    'PGHOST',
    'one two',
    'PGHOST is "one two"; it must be one name, one address, or the directory of a socket.',
  ],
  ['PGHOST', 'one,two', 'PGHOST is "one,two"; it must be one name'],
])('a variable that cannot be meant is refused: %s=%s', (name, value, message) => {
  process.env[name] = value;
  expect(() => givenUrl({})).toThrow(message);
});
