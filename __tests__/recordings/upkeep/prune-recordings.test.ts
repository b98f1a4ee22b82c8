import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileMarks } from '../../../src/recordings/upkeep/file-marks';
import { findRecordings } from '../../../src/recordings/upkeep/find-recordings';
import { prunePlan, type PrunePlan } from '../../../src/recordings/upkeep/prune-plan';
import { prune } from '../../../src/recordings/upkeep/prune-recordings';
import { ownPlaces } from '../../support/own-places';
import { call, header, marks, writeMarks, writeRecording } from './own-recordings';

const places = ownPlaces();
const within = (...names: string[]): string => join(places.directory, ...names);
const plan = (): PrunePlan => prunePlan(findRecordings(places.directory), within('.evals'));
const nothing = { unused: [], partlyUsed: [], unknown: [], unreadable: [] };

/** Marks of a run that is just over. */
function fresh(changes: Partial<FileMarks> = {}): FileMarks {
  return marks({ from: Date.now() + 1000, to: Date.now() + 2000, ...changes });
}

beforeEach(() => writeFileSync(within('a.eval.js'), ''));

test('without a run only recordings are unused whose spec file is gone', () => {
  writeRecording(within('a.eval.js'), header());
  const path = writeRecording(within('gone.eval.js'), header());
  expect(plan()).toEqual({
    ...nothing,
    unused: [{ path, specFile: within('gone.eval.js'), without: 'spec file' }],
    unknown: [{ path: within('a.eval.js'), for: 'run' }],
  });
});

test('a run whose spec file was changed since says nothing', () => {
  writeRecording(within('a.eval.js'), header({ name: 'old' }));
  writeMarks(places.directory, fresh());
  expect(plan().unused).toHaveLength(1);
  const { from } = fresh();
  utimesSync(within('a.eval.js'), 1, from / 1000 + 60);
  expect(plan()).toEqual({ ...nothing, unknown: [{ path: within('a.eval.js'), for: 'changed' }] });
});

test('only the marks of the last run count', () => {
  writeRecording(within('a.eval.js'), header());
  const old = fresh({ to: Date.now() + 1500, session: 'old', run: 'old' });
  writeMarks(places.directory, old, fresh({ names: ['', 'others'] }));
  expect(plan().unused).toMatchObject([
    { without: 'test', run: 'mine', header: { name: 'sums', spec: 'fake:m' } },
  ]);
  writeMarks(places.directory, old, fresh({ names: ['', 'others'], session: 'old' }));
  expect(plan()).toEqual(nothing);
});

test('marks that are torn, of another version or of another file count as none', () => {
  writeRecording(within('a.eval.js'), header({ name: 'old' }));
  writeMarks(places.directory, { ...fresh(), schema: 2 as 1 }, fresh({ file: 'b.eval.js' }));
  writeFileSync(within('.evals', '.recordings', 'torn.json'), JSON.stringify(fresh()).slice(0, 50));
  expect(plan()).toEqual({ ...nothing, unknown: [{ path: within('a.eval.js'), for: 'run' }] });
});

test('a recording that cannot be read is named, and stays', () => {
  const path = writeRecording(within('a.eval.js'), header({ name: 'old' }), ['<<<<<<<']);
  writeMarks(places.directory, fresh());
  expect(plan()).toEqual({
    ...nothing,
    unreadable: [
      {
        path,
        message: expect.stringMatching(/^Line 2 of the recording .* is none: it is no JSON/) as string,
      },
    ],
  });
});

test('what is unused is deleted, with folders that are empty then', () => {
  const gone = writeRecording(within('deep', 'gone.eval.js'), header());
  const old = writeRecording(within('a.eval.js'), header({ name: 'old' }));
  const kept = writeRecording(within('a.eval.js'), header());
  writeMarks(places.directory, fresh());
  prune(plan());
  expect([gone, old, kept].map((path) => existsSync(path))).toEqual([false, false, true]);
  expect(existsSync(within('deep', '__recordings__'))).toBe(false);
  expect(plan()).toEqual(nothing);
});

test('calls are cut out, and what is left stays byte for byte', () => {
  const calls = [call('a', { sample: 'a', trial: 0 }), call('b', { sample: 'b', trial: 0 }), call('none')];
  const spaced =
    '{"type": "call", "sample": "a", "trial": 0,  "key": "k", "n": 7, "request": {"method": "GET", "path": "/"}, "answer": {"status": 200, "text": ""}}';
  const path = writeRecording(within('a.eval.js'), header(), [...calls, spaced]);
  const name = path.split('/').at(-1) ?? '';
  writeMarks(places.directory, fresh({ whole: ['sums'], used: { [name]: [{ sample: 'a', trial: 0 }] } }));
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(plan().partlyUsed).toEqual([{ path, run: 'mine', attempts: [{ sample: 'b', trial: 0 }], calls: 1 }]);
  prune(plan());
  expect(readFileSync(path, 'utf8').split('\n')).toEqual(lines.filter((_, index) => index !== 2));
});

test('a header stays when all calls are cut out', () => {
  const path = writeRecording(within('a.eval.js'), header(), [call('a', { sample: 'a', trial: 0 })]);
  const name = path.split('/').at(-1) ?? '';
  writeMarks(places.directory, fresh({ whole: ['sums'], used: { [name]: [] } }));
  prune(plan());
  expect(readFileSync(path, 'utf8')).toBe(`${JSON.stringify(header())}\n`);
});

test('what cannot be deleted is named', () => {
  const path = writeRecording(within('gone.eval.js'), header());
  const planned = plan();
  rmSync(path);
  expect(() => prune(planned)).toThrow(`The recording ${path} cannot be pruned: ENOENT`);
  expect(statSync(within('a.eval.js')).isFile()).toBe(true);
});
