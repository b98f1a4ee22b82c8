import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HeaderRecord } from '../../src/evals/log/log-record';
import { readEvaluations } from '../../src/report/read-evaluation';
import { tellApart } from '../../src/report/tell-apart';
import { header, sample } from '../evals/log/records';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'apart '))));
afterEach(() => rmSync(folder, { recursive: true }));

/** The titles of evaluations of these names, with which model each. */
function titles(
  ...names: readonly (readonly [name: string, model: string, changes?: Partial<HeaderRecord>])[]
): string[] {
  const logs = names.map(([name, model, changes], index) => {
    const path = join(folder, `${index}.jsonl`);
    const wrong = sample({ scores: [{ name: 'x', value: false }] });
    const lines = [header({ name, model, title: 'sums', ...changes }), wrong];
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return path;
  });
  const told = tellApart(readEvaluations(logs).read);
  expect(told.map(({ worst }) => worst[0]?.title)).toEqual(told.map(({ outcome }) => outcome.title));
  return told.map(({ outcome }) => outcome.title);
}

test('one evaluation with several models has its title alone', () => {
  expect(titles(['m:a sums', 'm:a'], ['m:b sums', 'm:b'])).toEqual(['sums', 'sums']);
  expect(titles(['hard m:a sums', 'm:a'], ['hard m:b sums', 'm:b'])).toEqual(['sums', 'sums']);
});

test('several of one title have the names of their blocks before it, but for those of their models', () => {
  expect(titles(['easy sums', ''], ['hard sums', ''], ['sums', ''])).toEqual([
    'easy sums',
    'hard sums',
    'sums',
  ]);
  expect(
    titles(
      ['m:a easy sums', 'm:a'],
      ['m:a hard sums', 'm:a'],
      ['m:b easy sums', 'm:b'],
      ['m:b hard sums', 'm:b'],
    ),
  ).toEqual(['easy sums', 'hard sums', 'easy sums', 'hard sums']);
});

test('of a judge and a model of one name the inner block is the model', () => {
  expect(titles(['m:a m:a sums', 'm:a'], ['m:a m:b sums', 'm:b'], ['sums', ''])).toEqual([
    'm:a sums',
    'm:a sums',
    'sums',
  ]);
});

test('those of another title do not matter', () => {
  expect(titles(['easy sums', ''], ['hard other', '', { title: 'other' }])).toEqual(['sums', 'other']);
});

test('those of one title in several files have the file after it, blocks or none', () => {
  const other = { file: 'other.eval.ts' };
  const { file } = header({});
  expect(titles(['easy sums', ''], ['hard sums', '', other])).toEqual([
    `sums (${file})`,
    'sums (other.eval.ts)',
  ]);
  expect(titles(['easy sums', ''], ['hard sums', ''], ['easy sums', '', other])).toEqual([
    'easy sums',
    'hard sums',
    'sums',
  ]);
});
