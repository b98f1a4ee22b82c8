import { outcome, notesAbout, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

// Each leases a resource of its own name, and fails.
const failing = {
  test: `withClient(['noting:test'], () => test('fails', () => { throw new Error('broken test'); }));`,
  beforeAll: `
    withClient(['noting:beforeAll'], () => {
      beforeAll(() => { throw new Error('broken beforeAll'); });
      test('never', () => undefined);
    });`,
  beforeEach: `
    withClient(['noting:beforeEach'], { scope: 'test' }, () => {
      beforeEach(() => { throw new Error('broken beforeEach'); });
      test('never', () => undefined);
    });`,
  afterAll: `
    withClient(['noting:afterAll'], () => {
      afterAll(() => { throw new Error('broken afterAll'); });
      test('passes', () => undefined);
    });`,
  forgotten: `
    test('fails', async () => {
      await modelProviders.setup('noting:forgotten');
      throw new Error('broken test');
    });`,
  setupFile: `test('never', () => undefined);`,
  topLevel: `
    void modelProviders.setup('noting:topLevel');
    throw new Error('broken file');`,
  timeout: `
    beforeAll(() => modelProviders.setup('slow:timeout'), 50);
    test('never', () => undefined);`,
};

const setupFile = `
  const { modelProviders } = require('jest-model-provider');
  if (expect.getState().testPath.endsWith('setupFile.eval.js')) {
    beforeAll(async () => {
      await modelProviders.setup('noting:setupFile');
      throw new Error('broken setup file');
    });
  }`;

// Starts until it is given up, and takes its abort signal at its word.
const slow = `new (class extends NotingProvider {
  async createResource(name, config, { signal }) {
    await super.createResource(name);
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    note('abort ' + name);
    throw signal.reason;
  }
})()`;

describe.each(bothModes)('a file that fails, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    const specs = Object.entries(failing).map(([name, body]) => [`${name}.eval.js`, spec(body)]);
    run = await runJest(
      {
        ...providerModule({ noting: 'new NotingProvider()', slow }),
        'setup.js': setupFile,
        ...(Object.fromEntries(specs) as Record<string, string>),
      },
      mode,
      { config: { ...withProviders, setupFilesAfterEnv: ['./setup.js'] } },
    );
  });

  test('makes the run red and leaves nothing', () => {
    expect(run).toMatchObject({ exit: 1, left: [] });
  });

  test.each(['test', 'beforeAll', 'beforeEach', 'afterAll', 'forgotten', 'setupFile'])(
    'gives its lease back at its end, not at that of the run: %s',
    (name) => {
      expect(notesAbout(run, name)).toEqual([`start ${name}`, `stop ${name}`]);
      expect(run.events).toContainEqual(
        expect.objectContaining({
          type: 'stopping',
          resourceId: `noting:${name}#1`,
          reason: 'its last lease ended',
        }),
      );
    },
  );

  test('that throws at its top level gives up what it had asked for', () => {
    expect(outcome(run, 'topLevel.eval.js').message).toContain('broken file');
    const count = (type: string) =>
      run.events.filter(
        (event) => event.type === type && 'resourceId' in event && event.resourceId === 'noting:topLevel#1',
      ).length;
    expect(count('stopped')).toBe(count('starting'));
  });

  test('whose own beforeAll times out during a setup gives the setup up at its end', () => {
    expect(outcome(run, 'never').message).toContain('Exceeded timeout of 50 ms');
    expect(notesAbout(run, 'timeout')).toEqual(['start timeout', 'abort timeout']);
  });
});
