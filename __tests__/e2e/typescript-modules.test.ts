import { outcome } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const compilerOptions = {
  ...{ target: 'es2022', module: 'nodenext', strict: true, isolatedModules: true, esModuleInterop: true },
  ...{ resolveJsonModule: true, skipLibCheck: true, noEmit: true },
};

/** What a project in TypeScript writes for `"type": "module"`. */
const files = {
  'package.json': '{ "type": "module" }',
  'jest.config.js': `export default { preset: 'jest-model-provider', testEnvironmentOptions: { modelProviders: './model-providers.ts' } };`,
  'tsconfig.json': JSON.stringify({ compilerOptions }),
  'data.json': '{ "answer": 19 }',
  'helper.ts': `import type { Row } from './types.js';
    export enum Kind { Sum = 'sum' }
    export const ask = ({ question }: Row): string => question + '?';`,
  'types.ts': 'export interface Row { question: string }',
  'helper.mts': 'export const isModule = true as boolean;',
  'both.js': 'module.exports = { from: "JavaScript" };',
  'both.ts': 'export const from = "TypeScript";',
  'model-providers.ts': `import { defineProviders } from 'jest-model-provider';
    import { GreeterProvider } from './greeter.js';
    export default defineProviders({ greeter: new GreeterProvider() });`,
  'greeter.ts': `import { ModelProvider, type ProviderConstraints } from 'jest-model-provider';
    interface Greeter { greet(): string }
    export class GreeterProvider extends ModelProvider<Greeter, { greeting: string }> {
      readonly constraints: ProviderConstraints = { maxLive: 1, sharing: 'shared', retain: 'lease', startTimeoutMs: 60_000, stopTimeoutMs: 60_000 };
      async createResource(name: string) { return { greeting: name + ' of ' + import.meta.url }; }
      async createClient({ greeting }: { greeting: string }) { return { greet: () => greeting }; }
    }`,
  'a.eval.ts': `import { withClient } from 'jest-model-provider';
    import { ask, Kind } from './helper.js';
    import data from './data.json' with { type: 'json' };
    withClient(['greeter:Ada'], (handle) => {
      test('has a provider in TypeScript', () => expect((handle.client as { greet(): string }).greet()).toMatch(/^Ada of file:.*\\/greeter\\.ts$/));
    });
    test('imports TypeScript as it will be compiled', () => expect([ask({ question: 'q' }), Kind.Sum]).toEqual(['q?', 'sum']));
    test('imports JSON', () => expect(data.answer).toBe(19));
    test('knows where it is', () => {
      expect(import.meta.url).toMatch(/^file:.*\\/a\\.eval\\.ts$/);
      expect(import.meta.filename.endsWith('a.eval.ts')).toBe(true);
      expect(import.meta.filename.startsWith(import.meta.dirname)).toBe(true);
    });
    test('imports later', async () => expect((await import('./helper.js')).Kind.Sum).toBe('sum'));
    export {};`,
  'b.eval.mts': `import { isModule } from './helper.mjs';
    interface Line { two: 2 }

    test('runs .mts', () => expect(isModule).toBe(true));
    test('fails on line 5', () => { throw new Error('here'); });
    export type { Line };`,
  'c.eval.cts': `import path = require('node:path');
    const both = require('./both.js') as { from: string };
    test('runs .cts', () => expect(path.sep).toBe('/'));
    test('prefers a file that is there', () => expect(both.from).toBe('JavaScript'));`,
  'd.eval.tsx': `import { Kind } from './helper.js';
    const same = <T,>(value: T): T => value;
    test('runs .tsx', () => expect(same(Kind.Sum)).toBe('sum'));`,
  'late.eval.ts': `const answer = await Promise.resolve(5);
    test('awaits at the top', () => expect(answer).toBe(5));
    export {};`,
};
// As CommonJS, in a package of ES modules, it would be neither.
const { 'both.js': _both, ...filesOfModules } = files;

const passing = [
  'greeter:Ada has a provider in TypeScript',
  'imports JSON',
  'imports TypeScript as it will be compiled',
  'imports later',
  'knows where it is',
  'runs .cts',
  'runs .mts',
  'runs .tsx',
];

const passed = ({ tests }: JestRun): string[] =>
  tests.flatMap(({ title, status }) => (status === 'passed' ? [title] : [])).sort();

const failedAtItsLine = (run: JestRun): void => {
  expect(outcome(run, 'fails on line 5').message).toContain('here');
  expect(run.output).toMatch(/b\.eval\.mts:5:\d+\)/);
};

describe.each(bothModes)('TypeScript in a package of ES modules, %s', (mode) => {
  const args = ['--config', 'jest.config.js'];

  test('needs nothing besides the preset', async () => {
    const run = await runJest(files, mode, { args });
    expect({ passed: passed(run), left: run.left, exit: run.exit }).toEqual({
      passed: [...passing, 'prefers a file that is there'].sort(),
      left: [],
      exit: 1,
    });
    failedAtItsLine(run);
    expect(outcome(run, 'late.eval.ts').message).toContain(
      "ModelProviderError [CONFIG_INVALID]: late.eval.ts must be an ES module, and Jest loads it as CommonJS: await is only valid in async functions and the top level bodies of modules. Run Jest with NODE_OPTIONS=--experimental-vm-modules, and unless package.json says \"type\": \"module\" or the file is called .mts, set extensionsToTreatAsEsm: ['.ts', '.tsx', '.mts'].",
    );
  });

  test('is ES modules where Jest can load them', async () => {
    const run = await runJest(
      { ...filesOfModules, 'c.eval.cts': `test('runs .cts', () => undefined);` },
      mode,
      {
        args,
        env: { NODE_OPTIONS: '--experimental-vm-modules' },
      },
    );
    expect({ passed: passed(run), left: run.left }).toEqual({
      passed: ['awaits at the top', ...passing],
      left: [],
    });
    failedAtItsLine(run);
  });
});
