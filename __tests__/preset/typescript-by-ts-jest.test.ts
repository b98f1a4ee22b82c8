import { execFileSync } from 'node:child_process';
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
