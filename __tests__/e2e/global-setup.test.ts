import { outcome, notesAbout, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest } from './run-jest';

const answering = spec(`
  withClient(['embedded:novice'], (handle) => {
    test('answers', async () => expect((await handle.client.generate('2 + 3')).text).not.toBe(''));
  });`);

describe.each(bothModes)('globalSetup, %s', (mode) => {
  test('a provider module that throws ends the run with its reason and leaves nothing', async () => {
    const files = { 'providers.js': `throw new Error('no licence');`, 'a.eval.js': answering };
    const run = await runJest(files, mode, { config: withProviders });
    expect(run).toMatchObject({ exit: 1, left: [], events: [] });
    expect(run.output).toMatch(/The provider module \S+providers\.js cannot be loaded: no licence/);
  });

  test('a provider module with a wrong provider ends the run naming it', async () => {
    const run = await runJest({ ...providerModule({ wrong: '{}' }), 'a.eval.js': answering }, mode, {
      config: withProviders,
    });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).toContain('Provider "wrong" is refused: it does not inherit from ModelProvider');
  });

  test('a provider module that does not exist ends the run naming the path', async () => {
    const run = await runJest({ 'a.eval.js': answering }, mode, { config: withProviders });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).toMatch(
      /testEnvironmentOptions\.modelProviders names \S+providers\.js, which does not exist/,
    );
  });

  test("a user's own globalSetup that opens the session, sets a model up and then throws leaves nothing", async () => {
    const files = {
      'setup.js': `
        const { modelProviders } = require('jest-model-provider');
        const { openSession } = require('jest-model-provider/session');
        const { note } = require('e2e-kit');
        module.exports = async (...args) => {
          await openSession(...args);
          note('set up ' + (await modelProviders.setup('embedded:novice')).resourceId);
          throw new Error('half way');
        };`,
      'a.eval.js': answering,
    };
    const run = await runJest(files, mode, { config: { globalSetup: './setup.js' } });
    expect(run).toMatchObject({ exit: 1, left: [], notes: ['set up embedded:novice#1'] });
    expect(run.output).toContain('half way');
  });

  test("a user's own globalSetup and globalTeardown compose with the session", async () => {
    const files = {
      ...providerModule({ noting: 'new NotingProvider()' }),
      'setup.js': `
        const { openSession } = require('jest-model-provider/session');
        module.exports = async (...args) => { await openSession(...args); process.env.OWN = 'mine'; };`,
      'teardown.js': `
        const { closeSession } = require('jest-model-provider/session');
        const { note } = require('e2e-kit');
        module.exports = async (globalConfig) => { note('before teardown'); await closeSession(globalConfig); note('after teardown'); };`,
      'a.eval.js': answering,
      'b.eval.js': spec(`
        withClient(['noting:kept'], () => test('runs', () => expect(process.env.OWN).toBe('mine')));`),
    };
    const run = await runJest(files, mode, {
      config: { ...withProviders, globalSetup: './setup.js', globalTeardown: './teardown.js' },
    });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.notes).toEqual(['start kept', 'stop kept', 'before teardown', 'after teardown']);
    expect(run.output).toContain('jest-model-provider: stopped 1 resource');
  });

  test('a globalSetup that forgets the session is told which lines to add, by files that need it only', async () => {
    const files = {
      'setup.js': 'module.exports = async () => undefined;',
      'a.eval.js': answering,
      'b.eval.js': `test('needs no session', () => undefined);`,
    };
    const run = await runJest(files, mode, { config: { globalSetup: './setup.js' } });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(outcome(run, 'a.eval.js').message).toContain(
      'they must call openSession(globalConfig, projectConfig)',
    );
    expect(outcome(run, 'needs no session').status).toBe('passed');
  });
});

describe.each(bothModes)('several projects, %s', (mode) => {
  const project = (name: string, modelProviders: string) => ({
    displayName: name,
    preset: 'jest-model-provider',
    rootDir: `<rootDir>/${name}`,
    testEnvironmentOptions: { modelProviders },
  });
  const files = {
    ...providerModule({ noting: `new NotingProvider({ retain: 'session' })` }),
    'other.js': `module.exports = require('jest-model-provider').defineProviders({});`,
    'one/a.eval.js': spec(
      `withClient(['noting:shared'], (handle) => test('one', () => expect(handle.client.name).toBe('shared')));`,
    ),
    'two/a.eval.js': spec(
      `withClient(['noting:shared'], (handle) => test('two', () => expect(handle.client.name).toBe('shared')));`,
    ),
  };

  test('share one session, and so one load of a model', async () => {
    const run = await runJest(files, mode, {
      config: { projects: [project('one', '../providers.js'), project('two', '../providers.js')] },
    });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(notesAbout(run, 'shared')).toEqual(['start shared', 'stop shared']);
    expect(run.events.filter(({ type }) => type === 'leased')).toHaveLength(2);
  });

  test('that name different provider modules are refused, and the run is red', async () => {
    const run = await runJest(files, mode, {
      config: { projects: [project('one', '../providers.js'), project('two', '../other.js')] },
    });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).toContain('Two provider modules in one session');
  });
});
