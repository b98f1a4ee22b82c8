import { basename, dirname, join } from 'node:path';
import { logPath, type LogName } from '../../../src/evals/log/log-path';

const path = (changes: Partial<LogName>): string =>
  logPath('/runs/mine', { file: 'a.eval.ts', model: 'm', name: 'm sums', title: 'sums', ...changes });

test('a log lies in the folder of its run, and is named for people and for good', () => {
  expect(path({})).toMatch(/^\/runs\/mine\/sums\.m\.[0-9a-f]{8}\.jsonl$/);
  expect(path({})).toBe(path({}));
  expect(basename(path({ model: '' }))).toMatch(/^sums\.[0-9a-f]{8}\.jsonl$/);
});

test.each<[string, Partial<LogName>, Partial<LogName>]>([
  ['files', { file: 'a.eval.ts' }, { file: 'b.eval.ts' }],
  ['models that look alike', { model: 'org/model' }, { model: 'org model' }],
  ['evaluations of one title', { name: 'easy sums' }, { name: 'hard sums' }],
  ['models of one begin', { model: `${'x'.repeat(80)}1` }, { model: `${'x'.repeat(80)}2` }],
])('two %s have two logs', (_what, one, other) => {
  expect(path(one)).not.toBe(path(other));
});

test.each([
  'org/model',
  '../../etc/passwd',
  '名前/äöü: "1"',
  '.',
  '..',
  '-rf',
  '\u0000\n',
  '🦙',
  'ﬃ'.repeat(200),
])('any name will do: %j', (name) => {
  const found = path({ title: name, model: name });
  expect(dirname(found)).toBe(join('/runs/mine'));
  expect(basename(found)).toMatch(/^[\p{L}\p{N}-]*(\.[\p{L}\p{N}-]+)*\.?[0-9a-f]{8}\.jsonl$/u);
  expect(Buffer.byteLength(basename(found))).toBeLessThanOrEqual(255);
});
