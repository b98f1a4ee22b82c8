import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Rows<Row> = Iterable<Row> | AsyncIterable<Row>;

let folder: string | undefined;
afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** Writes a file into a folder that is removed when the tests of the file are over, and returns its path. */
export function written(name: string, content: string | Buffer): string {
  folder ??= mkdtempSync(join(tmpdir(), 'data-sets-'));
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

export async function all<Row>(rows: Rows<Row> | Promise<Rows<Row>>): Promise<Row[]> {
  const read: Row[] = [];
  for await (const row of await rows) read.push(row);
  return read;
}
