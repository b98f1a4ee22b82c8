import { createHash } from 'node:crypto';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileHash } from '../../../src/process/ledger/file-hash';
import { stateDirectory } from '../../../src/process/ledger/state-directory';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const memory = (): string => join(stateDirectory(), 'file-hashes.json');
const file = (): string => join(places.directory, 'weights.gguf');

beforeEach(() => writeFileSync(file(), 'first'));

test('a file has the SHA-256 of its content', async () => {
  expect(await fileHash(file())).toBe(sha256('first'));
  await expect(fileHash(join(places.directory, 'absent'))).rejects.toThrow('ENOENT');
});

test('it is remembered for as long as size and time of change are the same', async () => {
  await fileHash(file());
  const known = JSON.parse(readFileSync(memory(), 'utf8')) as Record<string, { hash: string }>;
  expect(known[file()]?.hash).toBe(sha256('first'));
  writeFileSync(memory(), JSON.stringify(known).replace(sha256('first'), sha256('remembered')));
  expect(await fileHash(file())).toBe(sha256('remembered'));
  utimesSync(file(), 1, 1);
  expect(await fileHash(file())).toBe(sha256('first'));
});

test('files that are hashed at the same time are all remembered', async () => {
  const shards = ['a', 'b', 'c'].map((name) => join(places.directory, `${name}.safetensors`));
  for (const shard of shards) writeFileSync(shard, shard);
  await Promise.all(shards.map(fileHash));
  const known = JSON.parse(readFileSync(memory(), 'utf8')) as Record<string, { hash: string }>;
  expect(shards.map((shard) => known[shard]?.hash)).toEqual(shards.map(sha256));
});

test('other content of the same length has another hash', async () => {
  expect(await fileHash(file())).toBe(sha256('first'));
  writeFileSync(file(), 'other');
  utimesSync(file(), 2, 2);
  expect(await fileHash(file())).toBe(sha256('other'));
});

test('only the user may read what is remembered, and what is damaged is made anew', async () => {
  await fileHash(file());
  expect(statSync(memory()).mode & 0o777).toBe(0o600);
  writeFileSync(memory(), '{"half');
  expect(await fileHash(file())).toBe(sha256('first'));
});
