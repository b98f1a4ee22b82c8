import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const transformer = join(__dirname, '../../dist/preset/typescript-by-ts-jest.js');

// In a process of its own: this one has loaded the compiler.
const script = `
  const isLoaded = () => Object.keys(require.cache).some((path) => path.includes('/node_modules/typescript/'));
  const { createTransformer } = require(${JSON.stringify(transformer)}).default;
  const { process: transform } = createTransformer({ tsJest: require.resolve('ts-jest'), tsconfig: {} });
  const before = isLoaded();
  const options = { config: { rootDir: ${JSON.stringify(__dirname)}, testMatch: [], testRegex: [] }, cacheFS: new Map() };
  const { code } = transform('export const answer: number = 5;', '/spec.ts', options);
  console.log(JSON.stringify({ before, after: isLoaded(), code }));
`;

test('the compiler is loaded with the first file of TypeScript, not with the configuration', () => {
  const output = execFileSync(process.execPath, ['-e', script], { cwd: __dirname, encoding: 'utf8' });
  expect(JSON.parse(output)).toEqual({
    before: false,
    after: true,
    code: expect.stringContaining('exports.answer = 5;') as string,
  });
});

describe('a file that is an ES module and that Jest loads as CommonJS', () => {
  interface Transformer {
    process(text: string, path: string, options: object): { code: string };
    getCacheKey(text: string, path: string, options: object): string;
  }
  const { createTransformer } = createRequire(transformer)(transformer).default as {
    createTransformer(options: object): Transformer;
  };
  const made = (tsconfig: object): Transformer =>
    createTransformer({ tsJest: require.resolve('ts-jest'), useESM: true, tsconfig });
  let rootDir = '';
  beforeEach(() => (rootDir = mkdtempSync(join(tmpdir(), 'p-'))));
  afterEach(() => rmSync(rootDir, { recursive: true }));
  const options = (): object => ({
    config: { rootDir, cwd: rootDir, testMatch: [], testRegex: [], globals: {} },
    cacheFS: new Map(),
    supportsStaticESM: false,
    configString: '',
  });
  const nodenext = { module: 'nodenext', isolatedModules: true, esModuleInterop: true };

  test('is compiled to CommonJS, with a cache of its own and a map to its own name', () => {
    const text = 'export const answer: number = 5;';
    const { process: transform, getCacheKey } = made(nodenext);
    const path = join(rootDir, 'spec.mts');
    const { code } = transform(text, path, options());
    expect(code).toContain('exports.answer = 5;');
    const [, map = ''] = /base64,([\w+/=]+)$/.exec(code) ?? [];
    expect(JSON.parse(Buffer.from(map, 'base64').toString())).toMatchObject({ file: path, sources: [path] });
    const native = transform(text, path, { ...options(), supportsStaticESM: true });
    expect(native.code).toContain('export const answer = 5;');
    expect(getCacheKey(text, path, options())).not.toBe(
      getCacheKey(text, path, { ...options(), supportsStaticESM: true }),
    );
  });

  test('may have options in its tsconfig.json that go with ES modules alone', () => {
    const { process: transform } = made({
      ...nodenext,
      moduleResolution: 'nodenext',
      resolvePackageJsonExports: true,
      resolvePackageJsonImports: true,
      verbatimModuleSyntax: true,
    });
    expect(transform('export const a = 5;', join(rootDir, 'spec.mts'), options()).code).toContain(
      'exports.a = 5;',
    );
  });

  test('is named as it is called where it has an error', () => {
    const { process: transform } = made(nodenext);
    expect(() => transform('const = 5;', join(rootDir, 'spec.mts'), options())).toThrow(/spec\.mts/);
  });
});
