import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readPages, repository } from './docs/pages';
import { foldersOf } from './support/folders';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- CommonJS without types
const { mayImport } = require('../eslint.boundaries.js') as { mayImport: Record<string, string[]> };

const map = readPages().find(({ path }) => path === 'docs/architecture.md');
const prose = map?.prose ?? '';

/** The entries of the map's list of folders, each on one line, by the folder. */
const entries = new Map(
  prose.split(/\n(?=- |#|\n)/).flatMap((item) => {
    const [, folder, text] = /^\n*- `([a-z/-]+)`: ([^]*)$/.exec(item) ?? [];
    return folder === undefined || text === undefined ? [] : [[folder, text.replaceAll(/\s+/g, ' ')]];
  }),
);

test('every folder of src/ that holds files is in the map, and the map has no other', () => {
  const withFiles = foldersOf(join(repository, 'src'));
  expect([...entries.keys()].toSorted()).toEqual(withFiles.toSorted());
});

test.each(Object.keys(mayImport))(
  'the map says what %s is, where it runs and what it may import',
  (folder) => {
    const [, what, where, imports] =
      /^(.+)\. Runs in (.+)\. May import (.+)\.$/.exec(entries.get(folder)?.trim() ?? '') ?? [];
    expect([what, where]).not.toContain(undefined);
    const named = imports === 'nothing' ? [] : (imports ?? '').split(', ').map((name) => name.slice(1, -1));
    const process = Object.keys(mayImport).filter((name) => name.startsWith('process/'));
    const all = named.flatMap((name) => (name === 'process/*' ? process : [name]));
    expect(all.toSorted()).toEqual(mayImport[folder]?.toSorted());
  },
);

test('every path that the map names exists', () => {
  const files = new Set(
    ['src', 'preset'].flatMap((folder) =>
      readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
        basename(path),
      ),
    ),
  );
  const names = [...prose.matchAll(/`([\w./-]+)`/g)].map(([, name = '']) => name);
  const paths = names.filter((name) =>
    /^(src|preset|__tests__|docs|examples|models|bench|scripts)\//.test(name),
  );
  expect(paths.length).toBeGreaterThan(60);
  expect(paths.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
  const bare = names.filter((name) => /^[\w-]+\.ts$/.test(name));
  expect(bare.filter((name) => !files.has(name))).toEqual([]);
});
