import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProviderModule, providersOf } from '../../src/provider-module/load';
import { caught } from '../support/caught';
import { ScriptedProvider } from '../session/own-session';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'jp-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

describe('loading', () => {
  test('a CommonJS module is required', async () => {
    expect(await loadProviderModule(file('a.cjs', 'module.exports = { mine: 1 };'))).toEqual({ mine: 1 });
  });

  test('an ES module is imported', async () => {
    const loaded = await loadProviderModule(file('a.mjs', 'export default { mine: 1 };'));
    expect(loaded).toMatchObject({ default: { mine: 1 } });
  });

  test.each([
    ['that throws', 'a.cjs', `throw new Error('no licence')`, /no licence/],
    ['with a syntax error', 'a.cjs', `const = 1`, /SyntaxError|Unexpected token/i],
    ['that imports what is not there', 'a.cjs', `require('./nowhere')`, /nowhere/],
    ['that throws a text', 'a.cjs', `throw 'out of luck'`, /: out of luck$/],
  ])('a module %s is refused by its path, with the reason', async (_title, name, text, reason) => {
    const path = file(name, text);
    const error = await caught(loadProviderModule(path));
    expect(error).toMatchObject({ code: 'PROVIDER_MODULE_INVALID', details: { path } });
    expect(error.message).toContain(`The provider module ${path} cannot be loaded: `);
    expect(error.message).toMatch(reason);
  });

  test('a module that is not there is refused by its path', async () => {
    const path = join(directory, 'nowhere.cjs');
    expect(await caught(loadProviderModule(path))).toMatchObject({
      code: 'PROVIDER_MODULE_INVALID',
      details: { path },
    });
  });

  test('what defineProviders() itself refuses keeps its own code', async () => {
    const path = file(
      'a.cjs',
      `throw Object.assign(new Error('Provider "x" is refused'), { code: 'PROVIDER_INVALID' })`,
    );
    expect(await caught(loadProviderModule(path))).toMatchObject({ code: 'PROVIDER_INVALID' });
  });
});

describe('the default export', () => {
  const mine = new ScriptedProvider();

  test.each([
    ['module.exports = {…}', { mine }],
    ['export default, compiled', { __esModule: true, default: { mine } }],
    ['export default, compiled, through import()', { default: { __esModule: true, default: { mine } } }],
  ])('is found in %s', (_title, module) => {
    expect(providersOf(module, '/p.ts')).toEqual({ mine });
  });

  test.each([
    ['nothing', { __esModule: true, default: undefined }, 'it has none'],
    ['a function', () => ({ mine }), 'it has a function'],
    ['a text', { default: 'mine' }, 'it has a string'],
    ['null', { default: null }, 'must have a default export'],
  ])('that is %s is refused with the way to write it', (_title, module, message) => {
    expect(() => providersOf(module, '/p.ts')).toThrow(
      expect.objectContaining({
        code: 'PROVIDER_MODULE_INVALID',
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
    expect(() => providersOf(module, '/p.ts')).toThrow(/\/p\.ts .*defineProviders\(\{/);
  });

  test('whose entry is no provider is refused by the entry’s name', () => {
    expect(() => providersOf({ default: { mine, other: {} } }, '/p.ts')).toThrow(
      'Provider "other" is refused: it does not inherit from ModelProvider.',
    );
  });
});
