import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runJest } from './run-jest';

const preset = join(__dirname, '../../jest-preset.js');
const babelJest = createRequire(require.resolve('jest-config')).resolve('babel-jest');
const files = {
  'typed.eval.ts': `const answer: string = '5';\ntest('is typed', () => expect(answer).toBe('5'));`,
};

// The preset of a project in which TypeScript is not installed.
const transform = {
  '\\.[cm]?tsx?$': [join(preset, '../dist/preset/typescript-by-babel.js'), { babelJest }],
  '\\.[cm]?jsx?$': babelJest,
};

test('a TypeScript file says what to install where ts-jest is missing', async () => {
  const { exit, output, left } = await runJest(files, 'in band', { config: { transform } });
  expect(output).toContain(
    'ModelProviderError [DEPENDENCY_MISSING]: typed.eval.ts is not plain JavaScript, and ts-jest or typescript is not installed. Run: npm i -D ts-jest typescript',
  );
  expect({ exit, left }).toEqual({ exit: 1, left: [] });
});

test('a JavaScript file without types passes there', async () => {
  const { exit, tests } = await runJest(
    { 'plain.eval.js': `test('is plain', () => undefined);` },
    'in band',
    {
      config: { transform },
    },
  );
  expect({ exit, tests }).toMatchObject({ exit: 0, tests: [{ status: 'passed' }] });
});
