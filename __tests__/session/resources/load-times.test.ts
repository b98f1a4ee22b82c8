import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadTimes } from '../../../src/session/resources/load-times';

let directory: string;
const path = (): string => join(directory, 'load-times.json');
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'load-times-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const key = '["llama","a.gguf",{"apiKey":"secret"}]';

test('what was learned is there for the next session, the newest load counting most', () => {
  const times = new LoadTimes(directory);
  expect(times.get(key)).toBeUndefined();
  times.note(key, 8000);
  expect(new LoadTimes(directory).get(key)).toBe(8000);
  times.note(key, 2000);
  times.note(key, 2000);
  expect(new LoadTimes(directory).get(key)).toBe(3500);
});

test('no name, no configuration and so no secret is in the file, which only its owner may read, and no draft is left', () => {
  new LoadTimes(directory).note(key, 5);
  expect(readFileSync(path(), 'utf8')).not.toMatch(/llama|gguf|secret/);
  expect(readdirSync(directory)).toEqual(['load-times.json']);
});

test.each([
  ['no JSON', '{'],
  ['nothing', ''],
  ['null', 'null'],
  ['another version', '{"version":2,"loads":{}}'],
  ['no loads', '{"version":1}'],
  ['loads that are no numbers', '{"version":1,"loads":{"a":"b","c":-1,"d":null}}'],
])('a file with %s is ignored and written anew', (_what, text) => {
  writeFileSync(path(), text);
  const times = new LoadTimes(directory);
  expect(times.get(key)).toBeUndefined();
  times.note(key, 7);
  expect(new LoadTimes(directory).get(key)).toBe(7);
});

test('the file may be deleted at any time, and so may its directory', () => {
  const times = new LoadTimes(directory);
  times.note(key, 10);
  rmSync(path());
  times.note(key, 20);
  expect(new LoadTimes(directory).get(key)).toBe(15);
  rmSync(directory, { recursive: true });
  expect(() => times.note(key, 30)).not.toThrow();
  expect(times.get(key)).toBe(23);
  directory = mkdtempSync(join(tmpdir(), 'load-times-'));
});

test('two sessions at once keep what the other has learned', () => {
  const [one, other] = [new LoadTimes(directory), new LoadTimes(directory)];
  one.note('a', 1);
  other.note('b', 2);
  one.note('c', 3);
  const later = new LoadTimes(directory);
  expect(['a', 'b', 'c'].map((name) => later.get(name))).toEqual([1, 2, 3]);
});

test('of very many resources the latest are kept', () => {
  const times = new LoadTimes(directory);
  for (let index = 0; index < 510; index += 1) times.note(`m${index}`, index);
  const later = new LoadTimes(directory);
  expect([later.get('m0'), later.get('m9'), later.get('m10'), later.get('m509')]).toEqual([
    undefined,
    undefined,
    10,
    509,
  ]);
});
