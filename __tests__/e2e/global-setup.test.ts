import { notesAbout, outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const answering = spec(`
  withClient(['embedded:novice'], (handle) => {
    test('answers', async () => expect((await handle.client.generate('2 + 3')).text).not.toBe(''));
  });`);

describe.each(bothModes)('a globalSetup that fails, %s,', (mode) => {
  test('for a provider module that throws, ends the run with its reason and leaves nothing', async () => {
    const files = { 'providers.js': `throw new Error('no licence');`, 'a.eval.js': answering };
    const run = await runJest(files, mode, { config: withProviders });
    expect(run).toMatchObject({ exit: 1, left: [], events: [] });
    expect(run.output).toMatch(/The provider module \S+providers\.js cannot be loaded: no licence/);
  });

  test('for a provider module with a wrong provider, ends the run naming it', async () => {
    const files = { ...providerModule({ wrong: '{}' }), 'a.eval.js': answering };
    const run = await runJest(files, mode, { config: withProviders });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).toContain('Provider "wrong" is refused: it does not inherit from ModelProvider');
  });

  test('for a provider module that does not exist, ends the run naming the path', async () => {
    const run = await runJest({ 'a.eval.js': answering }, mode, { config: withProviders });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).toMatch(
      /testEnvironmentOptions\.modelProviders names \S+providers\.js, which does not exist/,
    );
  });

  test('for a TMPDIR that cannot be written, ends the run naming path, reason and variable, and leaves nothing', async () => {
    const run = await runJest({ 'a.eval.js': answering }, mode, { env: { TMPDIR: '/dev/null' } });
    expect(run).toMatchObject({ exit: 1, left: [], events: [] });
    expect(run.output).toMatch(
      /\[CONFIG_INVALID\]: The session's directory \/dev\/null\/jmp-\w+ cannot be written: a part of its path is no directory \(ENOTDIR\)\. TMPDIR is "\/dev\/null": set it to a directory that you can write to\./,
    );
  });

  test("of a user's own, which opens the session, sets a model up and then throws, leaves nothing", async () => {
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

  test('for several projects that name different provider modules, is red and says so', async () => {
    const files = {
      ...providerModule({ noting: 'new NotingProvider()' }),
      'other.js': `module.exports = require('jest-model-provider').defineProviders({});`,
      'one/a.eval.js': answering,
      'two/a.eval.js': answering,
    };
    const run = await runJest(files, mode, {
      config: { projects: [project('one', '../providers.js'), project('two', '../other.js')] },
    });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).toContain('Two provider modules in one session');
  });
});

function project(name: string, modelProviders: string, more: Readonly<Record<string, string>> = {}) {
  return {
    displayName: name,
    preset: 'jest-model-provider',
    rootDir: `<rootDir>/${name}`,
    testEnvironmentOptions: { modelProviders },
    ...more,
  };
}

describe.each(bothModes)('a session, %s', (mode) => {
  test('that a globalSetup forgets is told which lines to add, by files that need it only', async () => {
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

describe.each(bothModes)(
  "a session of several projects, with a user's own setup and teardown, %s",
  (mode) => {
    let run: JestRun;
    beforeAll(async () => {
      const own = { globalSetup: '<rootDir>/../setup.js', globalTeardown: '<rootDir>/../teardown.js' };
      const files = {
        ...providerModule({
          noting: 'new NotingProvider()',
          kept: `new NotingProvider({ retain: 'session' })`,
        }),
        'setup.js': `
        const { openSession } = require('jest-model-provider/session');
        module.exports = async (...args) => { await openSession(...args); process.env.OWN = 'mine'; };`,
        'teardown.js': `
        const { closeSession } = require('jest-model-provider/session');
        const { note } = require('e2e-kit');
        module.exports = async (globalConfig) => { note('before teardown'); await closeSession(globalConfig); note('after teardown'); };`,
        'one/a.eval.js': spec(`
        withClient(['kept:shared'], (handle) => test('one', () => expect(handle.client.name).toBe('shared')));
        test('has what the setup has done', () => expect(process.env.OWN).toBe('mine'));`),
        'two/a.eval.js': spec(`
        withClient(['kept:shared'], (handle) => test('two', () => expect(handle.client.name).toBe('shared')));`),
        'two/report.eval.js': spec(`
        withClient(['embedded:novice', 'noting:x'], () => test('passes', () => undefined));
        withClient(['embedded:novice', 'noting:x'], () => {
          foreach('question', ['2 + 3'], () => new Result('5', exactMatch('5', '5')), { title: 'sums' });
        });`),
      };
      run = await runJest(files, mode, {
        config: { projects: ['one', 'two'].map((name) => project(name, '../providers.js', own)) },
      });
    });

    test('is green and leaves nothing', () => {
      expect(run.tests.filter(({ status }) => status !== 'passed')).toEqual([]);
      expect(run).toMatchObject({ exit: 0, left: [] });
    });

    test('composes with the setup and teardown', () => {
      expect(outcome(run, 'has what the setup has done').status).toBe('passed');
      expect(run.notes.filter((note) => note.endsWith('teardown'))).toEqual([
        'before teardown',
        'after teardown',
      ]);
      expect(run.notes.slice(-3)).toEqual(['before teardown', 'stop shared', 'after teardown']);
    });

    test('is shared by the projects, and so is one load of a model', () => {
      expect(notesAbout(run, 'shared')).toEqual(['start shared', 'stop shared']);
      expect(
        run.events.filter((event) => event.type === 'leased' && event.resourceId === 'kept:shared#1'),
      ).toHaveLength(2);
    });

    test('the report names every resource with its loads and its end, and teardown says that nothing is left', () => {
      expect(run.output).toMatch(/│ resource +│ loads │ time to ready │ leases │ +busy │ how it ended +│/);
      expect(run.output).toMatch(
        /│ embedded:novice │ +1 │ +[\d.]+ m?s │ +2 │ +[\d.]+ m?s │ kept until the session ends │/,
      );
      expect(run.output).toMatch(/│ noting:x +│ +2 │ +[\d.]+ m?s │ +2 │ +[\d.]+ m?s │ stopped +│/);
      expect(run.output).toMatch(/│ sums +│ exactMatch │ 1 +│ 100\.0 % \([\d.]+ %–100\.0 %\) │ 100\.0 %/);
      expect(run.output).toMatch(/jest-model-provider: stopped 2 resources in \d+ ms; left behind: nothing/);
    });
  },
);
