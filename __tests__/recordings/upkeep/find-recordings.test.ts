import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { findRecordings } from '../../../src/recordings/upkeep/find-recordings';
import { ownPlaces } from '../../support/own-places';
import { thrown } from '../../support/thrown';
import { header, writeRecording } from './own-recordings';

const places = ownPlaces();
const within = (...names: string[]): string => join(places.directory, ...names);

test('all recordings below a folder are found, with their spec files', () => {
  const paths = ['a.eval.js', 'deep/er/b.eval.js'].map((file) => writeRecording(within(file), header()));
  expect(findRecordings(places.directory)).toEqual([
    { path: paths[0], specFile: within('a.eval.js') },
    { path: paths[1], specFile: within('deep/er/b.eval.js') },
  ]);
});

test('hidden folders, packages, links and other files are passed over', () => {
  for (const folder of ['node_modules/p', '.evals/mine', '.git'])
    writeRecording(within(folder, 'a.eval.js'), header());
  mkdirSync(within('linked'));
  const path = writeRecording(within('real', 'a.eval.js'), header());
  symlinkSync(within('real'), within('linked', 'again'));
  writeFileSync(`${path}.123.tmp`, '');
  writeFileSync(within('real', '__recordings__', 'notes.jsonl'), '');
  expect(findRecordings(places.directory).map((found) => relative(places.directory, found.path))).toEqual([
    relative(places.directory, path),
  ]);
});

test('a folder that is none is refused by its path', () => {
  const { code, message } = thrown(() => findRecordings(within('none'))) as { code: string; message: string };
  expect([code, message]).toEqual(['CONFIG_INVALID', expect.stringMatching(/none cannot be read: ENOENT/)]);
});
