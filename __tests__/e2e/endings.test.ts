import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { notesAbout, outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

// How a run ends when something goes wrong at its end, or when the process of a test ends before its file.

describe.each(bothModes)('the end of a run, %s', (mode) => {
  test('tells what was found, and writes the summary, where Jest has reporters of others alone', async () => {
    const files = {
      'a.eval.js': spec(`
        withClient(['embedded:novice'], (handle) => {
          foreach('n', [1, 2], () => handle.isActive, { title: 'leases' });
        });`),
    };
    const run = await runJest(files, mode, { reporters: ['default'], env: { EVALS_RUN: 'mine' } });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.output.split(/leases +│.* 100\.0 %/)).toHaveLength(2);
    expect(run.output.split(/│ embedded:novice +│ +1 │/)).toHaveLength(2);
    expect(existsSync(join(run.project, '.evals', 'mine', 'summary.json'))).toBe(true);
  });

  test('a report that cannot be written is said, and makes the run red, and everything is torn down all the same', async () => {
    const files = {
      ...providerModule({ noting: `new NotingProvider({ retain: 'session' })` }),
      'a.eval.js': spec(`
        withClient(['noting:held'], (handle) => {
          foreach('n', [1], () => {
            require('node:fs').mkdirSync('.evals/mine/summary.json');
            return handle.isActive;
          }, { title: 'leases' });
        });`),
    };
    const env = { EVALS_RUN: 'mine', GITHUB_STEP_SUMMARY: '/nowhere/page.md' };
    const run = await runJest(files, mode, { config: withProviders, env });
    expect(run).toMatchObject({ exit: 1, left: [], notes: ['start held', 'stop held'] });
    expect(run.output).toMatch(/leases +│.* 100\.0 %/);
    expect(run.output).toMatch(/\.evals\/mine\/summary\.json cannot be written: EISDIR/);
    expect(run.output).toContain(
      'GITHUB_STEP_SUMMARY is "/nowhere/page.md", which cannot be written: ENOENT',
    );
  });

  test('--bail on the last file, where Jest may tear down twice, ends the session once', async () => {
    const files = {
      'a.eval.js': spec(`
        withClient(['embedded:novice'], (handle) => {
          test('fails', async () => expect((await handle.client.generate('2 + 3')).text).toBe('no number'));
        });`),
    };
    const run = await runJest(files, mode, { args: ['--bail'] });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output.split('jest-model-provider: stopped ')).toHaveLength(2);
    expect(run.events.filter(({ type }) => type === 'stopped')).toHaveLength(1);
  });

  test('a teardown that fails makes the run red and is named, and the others are torn down all the same', async () => {
    const stuck = `new (class extends NotingProvider {
      async destroyResource({ name }) { note('try ' + name); throw new Error('the door is locked'); }
    })({ retain: 'session' })`;
    const files = {
      ...providerModule({ stuck, noting: `new NotingProvider({ retain: 'session' })` }),
      'a.eval.js': spec(`
        withClient(['noting:first', 'stuck:x', 'noting:last', 'embedded:novice'], (handle) => {
          test('passes', () => expect(handle.isActive).toBe(true));
        });`),
    };
    const run = await runJest(files, mode, { config: withProviders });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.tests.filter(({ status }) => status !== 'passed')).toEqual([]);
    expect(run.output).toContain('"stuck:x#1" could not be torn down: the door is locked');
    expect(notesAbout(run, 'first')).toEqual(['start first', 'stop first']);
    expect(notesAbout(run, 'last')).toEqual(['start last', 'stop last']);
    expect(run.events).toContainEqual(
      expect.objectContaining({ type: 'stopped', resourceId: 'embedded:novice#1' }),
    );
  });
});

const rejecting = spec(`
  withClient(['embedded:novice'], () => {
    test('leaves a rejection', () => { setImmediate(() => void Promise.reject(new Error('nobody cares'))); });
  });`);
const exiting = {
  ...providerModule({ noting: 'new NotingProvider({ maxLive: 1 })' }),
  'exits.eval.js': spec(`
    withClient(['embedded:novice'], () => {
      withClient(['noting:held'], () => {
        test('exits', () => { note('exit now'); process.exit(3); });
      });
    });`),
  'goes-on.eval.js': spec(`test('goes on', () => undefined);`),
};
const killing = spec(`
  withClient(['embedded:novice'], (handle) => {
    test('dies', async () => {
      await handle.client.generate('2 + 3');
      process.kill(process.pid, 'SIGKILL');
      await new Promise(() => undefined);
    });
  });`);
const notWaiting = { waitForUnhandledRejections: false };

describe('the end of a process in the middle of its file, in band', () => {
  test('a rejection that ends the whole process, because Jest was told not to wait for it, leaves nothing', async () => {
    const run = await runJest({ 'rejects.eval.js': rejecting }, 'in band', { config: notWaiting });
    expect(run.left).toEqual([]);
    expect(run.exit).not.toBe(0);
  });

  test('process.exit in a test leaves nothing, and what has not been run is said', async () => {
    const run = await runJest(exiting, 'in band', { config: withProviders });
    expect(run).toMatchObject({ exit: 3, left: [], notes: ['start held', 'exit now'] });
    expect(run.output).toMatch(
      /ended with code 3 before they had ended in exits\.eval\.js: [12] of 2 test files have no result/,
    );
  });

  test.each([
    ['process.exit(0) in a test', 'before they had ended in b.eval.js: 1 of 2 test files have no result', {}],
    [
      'process.exit(0) without our reporter',
      'before they had ended in b.eval.js: what follows was not run',
      { reporters: ['default'] },
    ],
  ])('%s is no green run', async (_name, said, options) => {
    const run = await runJest(
      {
        // The larger one runs first.
        'a.eval.js': spec(`test('passes', () => undefined); // ${'-'.repeat(200)}`),
        'b.eval.js': spec(`test('ends', async () => { process.exit(0); });`),
      },
      'in band',
      options,
    );
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).toContain(`the process of the tests ended with code 0 ${said}`);
  });

  test('process.exit(0) in a file of another project is no green run', async () => {
    const files = {
      'unit.test.js': `test('ends', () => process.exit(0));`,
      'a.eval.js': spec(`test('passes', () => undefined);`),
    };
    const projects = [
      { displayName: 'evals', preset: 'jest-model-provider', transform: {} },
      { displayName: 'units', testMatch: ['**/*.test.js'], transform: {} },
    ];
    // The larger one runs first.
    files['unit.test.js'] += ` // ${'-'.repeat(1000)}`;
    const run = await runJest(files, 'in band', { config: { projects }, reporters: ['default'] });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).toContain('ended with code 0 before they had ended: what follows was not run');
  });

  test('process.exit(0) in a teardown of the user is no green run', async () => {
    const files = {
      'teardown.js': `module.exports = () => process.exit(0);`,
      'a.eval.js': spec(`test('fails', () => expect(1).toBe(2));`),
    };
    const config = {
      projects: [{ preset: 'jest-model-provider', globalTeardown: '<rootDir>/teardown.js', transform: {} }],
    };
    const run = await runJest(files, 'in band', { config });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(run.output).toContain('ended with code 0 before their session had ended: its globalTeardown');
  });

  test('a test that kills its own process leaves nothing', async () => {
    const run = await runJest({ 'dies.eval.js': killing }, 'in band');
    expect(run).toMatchObject({ exit: 'SIGKILL', left: [] });
  });
});

describe('the end of a process in the middle of its file, in workers', () => {
  let run: JestRun;
  beforeAll(async () => {
    const files = { ...exiting, 'rejects.eval.js': rejecting, 'dies.eval.js': killing };
    // A worker for each file: what ends one of them must not end another file.
    run = await runJest(files, 'in workers', { config: { ...withProviders, ...notWaiting }, workers: 4 });
  });

  test('makes the run red and leaves nothing, and other files go on', () => {
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(outcome(run, 'goes on').status).toBe('passed');
  });

  test('a rejection that Jest was told not to wait for makes its file red', () => {
    const titles = ['embedded:novice leaves a rejection', 'rejects.eval.js'];
    expect(titles.map((title) => outcome(run, title).status)).toContain('failed');
  });

  test('process.exit in a test gives its leases back, and the file that is tried again leases again', () => {
    expect(outcome(run, 'exits.eval.js').status).toBe('failed');
    // Jest tries a file of an exiting worker four times.
    expect(notesAbout(run, 'held')).toEqual(
      Array.from({ length: 4 }, () => ['start held', 'stop held']).flat(),
    );
  });

  test('a test that kills its own process makes its file red', () => {
    expect(outcome(run, 'dies.eval.js').status).toBe('failed');
  });
});
