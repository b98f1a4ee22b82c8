import type { JestRun } from './run-jest';

/** A provider module of kit providers: each entry is the code of its constructor call. */
export function providerModule(providers: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(providers).map(([prefix, code]) => `${prefix}: ${code}`);
  return {
    'providers.js': `
      const { defineProviders, ModelProvider } = require('jest-model-provider');
      const { note, noted, CommandProvider, NotingProvider } = require('e2e-kit');
      module.exports = defineProviders({ ${entries.join(', ')} });`,
  };
}

/** The code of a provider whose resources are no models, but what models work with. */
export function noModel(constraints = ''): string {
  return `new (class extends NotingProvider { isModel = false })(${constraints})`;
}

/** The Jest option that names that module. */
export const withProviders = { testEnvironmentOptions: { modelProviders: './providers.js' } };

/** A spec file in JavaScript that may use everything. */
export function spec(body: string): string {
  return `
    const { exactMatch, foreach, modelProviders, Result, withClient, withClients } = require('jest-model-provider');
    const { note, noted, servers, freezeGuardian } = require('e2e-kit');
    ${body}`;
}

/** A spec file that holds a model, notes `holding` and waits; nothing after that may begin. */
export const holding = spec(`
  withClient(['embedded:novice'], (handle) => {
    test('holds', async () => {
      await handle.client.generate('2 + 3');
      note('holding');
      await noted('never');
    }, 600_000);
    test('next', () => note('went on'));
    afterAll(() => note('went on'));
  });`);

/** The notes that end with `name`: what happened to the resource of that name. */
export function notesAbout(run: JestRun, name: string): string[] {
  return run.notes.filter((line) => line.endsWith(` ${name}`));
}

/** A test by its full name, or a file that could not run by its own. */
export function outcome(run: JestRun, title: string): { status: string; message: string } {
  return run.tests.find((test) => test.title === title) ?? { status: 'absent', message: '' };
}
