import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEsModule } from '../../preset/module-format';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'p-'));
  mkdirSync(join(directory, 'nested/deeper'), { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (path: string, text: string): void => writeFileSync(join(directory, path), text);
const format = (path: string): boolean => isEsModule(join(directory, path));

test('the nearest package.json says what is an ES module', () => {
  write('package.json', '{ "type": "module" }');
  write('nested/package.json', '{}');
  expect(['a.ts', 'a.tsx', 'a.js', 'nested/a.ts', 'nested/deeper/a.ts'].map(format)).toEqual([
    ...[true, true, true, false, false],
  ]);
});

test('a name says it before any package.json', () => {
  write('package.json', '{ "type": "module" }');
  write('nested/package.json', '{ "type": "commonjs" }');
  expect(['a.cts', 'a.cjs', 'nested/a.mts', 'nested/a.mjs'].map(format)).toEqual([false, false, true, true]);
});

test('a package.json that cannot be read is that of CommonJS', () => {
  write('package.json', '{ "type": "module" }');
  write('nested/package.json', '{ "type": ');
  expect(format('nested/a.ts')).toBe(false);
});
