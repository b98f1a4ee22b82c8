import { outcome, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const greeter = `
  class GreeterProvider extends ModelProvider {
    constraints = { maxLive: 1, sharing: 'shared', retain: 'lease', startTimeoutMs: 60_000, stopTimeoutMs: 60_000 };
    async createResource(name) { return { greeting: 'Hello, ' + name }; }
    createClient(connection) { return { greet: () => connection.greeting }; }
  }`;

const greeting = spec(`
  withClient(['greeter:Ada'], (handle) => test('greets', () => expect(handle.client.greet()).toBe('Hello, Ada')));`);

const moduleIn = (path: string) => ({ testEnvironmentOptions: { modelProviders: path } });
const vmModules = { NODE_OPTIONS: '--experimental-vm-modules' };
const modulesInEsm = {
  'providers.mjs': `import { defineProviders, ModelProvider } from 'jest-model-provider'; ${greeter} export default defineProviders({ greeter: new GreeterProvider() });`,
};

describe.each(bothModes)('a provider module, %s', (mode) => {
  test('in TypeScript is loaded by the session and by specs in TypeScript and JavaScript', async () => {
    const files = {
      'providers.ts': `
        import { defineProviders, ModelProvider, type ProviderConstraints } from 'jest-model-provider';
        interface Greeter { greet(): string }
        class GreeterProvider extends ModelProvider<Greeter, { greeting: string }> {
          readonly constraints: ProviderConstraints = { maxLive: 1, sharing: 'shared', retain: 'lease', startTimeoutMs: 60_000, stopTimeoutMs: 60_000 };
          async createResource(name: string) { return { greeting: \`Hello, \${name}\` }; }
          createClient({ greeting }: { greeting: string }) { return { greet: () => greeting }; }
        }
        export default defineProviders({ greeter: new GreeterProvider() });`,
      'a.eval.ts': `
        import { modelProviders, withClient } from 'jest-model-provider';
        withClient(['greeter:Ada'], (handle) => {
          test('greets', () => expect((handle.client as { greet(): string }).greet()).toBe('Hello, Ada'));
        });
        const enum Choice { None }
        test('has types that are erased', () => expect<number>(Choice.None satisfies number).toBe(0));`,
      'b.eval.js': greeting,
    };
    const run = await runJest(files, mode, { config: moduleIn('<rootDir>/providers.ts') });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.tests.map(({ status }) => status)).toEqual(['passed', 'passed', 'passed']);
  });

  test('in native ESM works for CommonJS and ESM specs where Jest can load ES modules', async () => {
    const files = {
      ...modulesInEsm,
      'a.eval.js': greeting,
      'b.eval.mjs': `
        import { test, expect } from '@jest/globals';
        import { modelProviders, withClient } from 'jest-model-provider';
        withClient(['greeter:Grace', 'embedded:novice'], (handle, model) => {
          test('is served in ESM', async () => {
            if (model === 'greeter:Grace') expect(handle.client.greet()).toBe('Hello, Grace');
            else expect((await handle.client.generate('2 + 3')).text).not.toBe('');
          });
        });
        const lazy = await Promise.resolve(modelProviders.request('greeter:Ada'));
        test('has top-level await', async () => {
          expect((await lazy.get()).client.greet()).toBe('Hello, Ada');
          await lazy.teardown();
        });`,
    };
    const run = await runJest(files, mode, { config: moduleIn('./providers.mjs'), env: vmModules });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.tests.map(({ title }) => title).sort()).toEqual([
      'embedded:novice is served in ESM',
      'greeter:Ada greets',
      'greeter:Grace is served in ESM',
      'has top-level await',
    ]);
  });

  test('in native ESM says which flag is missing where Jest cannot', async () => {
    const run = await runJest({ ...modulesInEsm, 'a.eval.js': greeting }, mode, {
      config: moduleIn('./providers.mjs'),
    });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(outcome(run, 'greeter:Ada greets').message).toContain('NODE_OPTIONS=--experimental-vm-modules');
  });
});

describe.each(bothModes)('a project without injected globals, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    const files = {
      'providers.js': `const { ModelProvider } = require('jest-model-provider'); ${greeter} module.exports = { greeter: new GreeterProvider() };`,
      'a.eval.js': `const { expect, test } = require('@jest/globals'); ${greeting}`,
      'b.eval.js': `
        const { expect, test } = require('@jest/globals');
        const { foreach, Result, withClient } = require('jest-model-provider');
        withClient(['embedded:novice'], (handle) => {
          test('answers', async () => expect((await handle.client.generate('2 + 3')).text).not.toBe(''));
          foreach('question', ['2 + 3'], async (question) => new Result((await handle.client.generate(question)).text));
        });
        test('has no globals', () => expect(typeof globalThis.describe).toBe('undefined'));`,
    };
    run = await runJest(files, mode, { config: { ...withProviders, injectGlobals: false } });
  });

  test('a spec works in it', () => {
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.tests.map(({ status, title }) => `${status} ${title}`).sort()).toEqual([
      'passed embedded:novice answers',
      'passed embedded:novice foreach question',
      'passed greeter:Ada greets',
      'passed has no globals',
    ]);
  });

  test('a provider module in JavaScript without defineProviders or export default is accepted too', () => {
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(outcome(run, 'greeter:Ada greets').status).toBe('passed');
  });
});
