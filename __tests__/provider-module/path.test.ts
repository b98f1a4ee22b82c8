import { providerModulePath } from '../../src/provider-module/path';

const at = (testEnvironmentOptions: Record<string, unknown>): (() => string | undefined) => {
  return () => providerModulePath({ rootDir: __dirname, testEnvironmentOptions });
};

describe('the provider module of a project', () => {
  it('is found from rootDir', () => {
    expect(at({ modelProviders: './path.test.ts' })()).toBe(__filename);
    expect(at({ modelProviders: '<rootDir>/path.test.ts' })()).toBe(__filename);
    expect(at({ modelProviders: __filename })()).toBe(__filename);
  });

  it('may be none, whatever options other environments have', () => {
    expect(at({})()).toBeUndefined();
    expect(
      at({ modelMatrix: {}, customExportConditions: ['node'], globalsCleanup: 'on', url: 'http://x' })(),
    ).toBeUndefined();
  });

  it.each([
    [
      { modelProvider: './providers.js' },
      'testEnvironmentOptions has modelProvider; did you mean modelProviders?',
    ],
    [
      { modelproviders: './providers.js' },
      'testEnvironmentOptions has modelproviders; did you mean modelProviders?',
    ],
    [
      { modelProviders: ['./providers.js'] },
      'testEnvironmentOptions.modelProviders is ["./providers.js"]; it must be the path of your provider module.',
    ],
    [
      { modelProviders: '/no/providers.js' },
      `testEnvironmentOptions.modelProviders names /no/providers.js, which does not exist (relative paths begin at rootDir, ${__dirname}).`,
    ],
  ])('is refused for %j', (options, message) => {
    expect(at(options)).toThrow(message);
    expect(at(options)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
