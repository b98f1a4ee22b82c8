import { resolveSource } from '../../src/provider-module/typescript-sources';

/** Resolves among these files. */
const among =
  (...files: readonly string[]) =>
  (path: string): string => {
    if (files.includes(path)) return path;
    throw new Error(`Cannot find module ${path}`);
  };

test('what is there is found, also beside what it was made of', () => {
  expect(resolveSource('./a.js', among('./a.js', './a.ts'))).toBe('./a.js');
});

test.each([
  ['./a.js', './a.ts'],
  ['../a.js', '../a.tsx'],
  ['/p/a.jsx', '/p/a.tsx'],
  ['./a.mjs', './a.mts'],
  ['./a.cjs', './a.cts'],
])('%s is %s where only that is there', (path, source) => {
  expect(resolveSource(path, among(source))).toBe(source);
});

test('a package whose name looks like a file is no source', () => {
  expect(() => resolveSource('bignumber.js', among('bignumber.ts'))).toThrow(
    'Cannot find module bignumber.js',
  );
});

test('what is not there is named as it is written', () => {
  expect(() => resolveSource('./a.js', among('./b.ts'))).toThrow('Cannot find module ./a.js');
});
