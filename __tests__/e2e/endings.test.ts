import { notesAbout, outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest } from './run-jest';

const closings = (output: string): number => output.split('jest-model-provider: stopped ').length - 1;

describe.each(bothModes)('the end of a run, %s', (mode) => {
  test('--bail on the last file, where Jest may tear down twice, ends the session once', async () => {
    const files = {
      'a.eval.js': spec(`
        withClient(['embedded:novice'], (handle) => {
          test('fails', async () => expect((await handle.client.generate('2 + 3')).text).toBe('no number'));
        });`),
    };
    const run = await runJest(files, mode, { args: ['--bail'] });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(closings(run.output)).toBe(1);
    expect(run.events.filter(({ type }) => type === 'stopped')).toHaveLength(1);
  });

  test('an afterAll that fails makes the run red, with everything torn down', async () => {
    const files = {
      'a.eval.js': spec(`
        withClient(['embedded:novice'], (handle) => {
          test('answers', async () => expect((await handle.client.generate('2 + 3')).text).not.toBe(''));
        });
        afterAll(() => { throw new Error('broken afterAll'); });`),
    };
    const run = await runJest(files, mode);
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(outcome(run, 'embedded:novice answers').status).toBe('passed');
    expect(run.output).toContain('broken afterAll');
  });

  test('a promise that is rejected unhandled after the last test fails the run, with everything torn down', async () => {
    const files = {
      'a.eval.js': spec(`
        withClient(['embedded:novice'], (handle) => {
          test('leaves a rejection', () => { void Promise.reject(new Error('nobody cares')); });
        });`),
    };
    const run = await runJest(files, mode);
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(outcome(run, 'embedded:novice leaves a rejection').message).toContain('nobody cares');
    expect(closings(run.output)).toBe(1);
  });

  test('a rejection that ends the whole process, because Jest was told not to wait for it, leaves nothing', async () => {
    const files = {
      'a.eval.js': spec(`
        withClient(['embedded:novice'], () => {
          test('leaves a rejection', () => { setImmediate(() => void Promise.reject(new Error('nobody cares'))); });
        });`),
    };
    const run = await runJest(files, mode, { config: { waitForUnhandledRejections: false } });
    expect(run.left).toEqual([]);
    expect(run.exit).not.toBe(0);
  });

  test('process.exit in a test leaves nothing, and a file that is tried again leases again', async () => {
    const files = {
      ...providerModule({ noting: `new NotingProvider({ maxLive: 1 })` }),
      'a.eval.js': spec(`
        withClient(['embedded:novice'], () => {
          withClient(['noting:held'], () => {
            test('exits', () => { note('exit now'); process.exit(3); });
          });
        });`),
      'b.eval.js': spec(`test('goes on', () => undefined);`),
    };
    const run = await runJest(files, mode, { config: withProviders });
    expect(run.left).toEqual([]);
    if (mode === 'in band') {
      expect(run).toMatchObject({ exit: 3, notes: ['start held', 'exit now'] });
    } else {
      expect(run.exit).toBe(1);
      expect(outcome(run, 'goes on').status).toBe('passed');
      // Jest tries a file of an exiting worker four times.
      expect(notesAbout(run, 'held')).toEqual(
        Array.from({ length: 4 }, () => ['start held', 'stop held']).flat(),
      );
    }
  });

  test('a test that kills its own process leaves nothing', async () => {
    const files = {
      'a.eval.js': spec(`
        withClient(['embedded:novice'], (handle) => {
          test('dies', async () => {
            await handle.client.generate('2 + 3');
            process.kill(process.pid, 'SIGKILL');
            await new Promise(() => undefined);
          });
        });`),
      'b.eval.js': spec(`test('goes on', () => undefined);`),
    };
    const run = await runJest(files, mode);
    expect(run).toMatchObject({ exit: mode === 'in band' ? 'SIGKILL' : 1, left: [] });
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
    expect(run.output).toContain('"stuck:x#1" could not be torn down: the door is locked');
    expect(notesAbout(run, 'first')).toEqual(['start first', 'stop first']);
    expect(notesAbout(run, 'last')).toEqual(['start last', 'stop last']);
    expect(run.events).toContainEqual(
      expect.objectContaining({ type: 'stopped', resourceId: 'embedded:novice#1' }),
    );
  });

  test('a teardown that fails in afterAll makes its file red and is tried again', async () => {
    const shy = `new (class extends NotingProvider {
      #tries = 0;
      async destroyResource({ name }) {
        note('try ' + name);
        this.#tries += 1;
        if (this.#tries === 1) throw new Error('not yet');
      }
    })()`;
    const files = {
      ...providerModule({ shy }),
      'a.eval.js': spec(`withClient(['shy:x'], () => test('passes', () => undefined));`),
    };
    const run = await runJest(files, mode, { config: withProviders });
    expect(run).toMatchObject({ exit: 1, left: [], notes: ['start x', 'try x', 'try x'] });
    expect(run.output).toContain('"shy:x#1" could not be torn down: not yet');
  });

  test('the report names every resource with its loads and its end, and teardown says that nothing is left', async () => {
    const files = {
      ...providerModule({ noting: `new NotingProvider()` }),
      'a.eval.js': spec(`
        withClient(['embedded:novice', 'noting:x'], () => test('passes', () => undefined));
        withClient(['embedded:novice', 'noting:x'], () => {
          foreach('question', ['2 + 3'], () => new Result('5', exactMatch('5', '5')), { title: 'sums' });
        });`),
    };
    const run = await runJest(files, mode, { config: withProviders });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.output).toMatch(/│ resource +│ loads │ time to ready │ leases │ +busy │ how it ended +│/);
    expect(run.output).toMatch(
      /│ embedded:novice │ +1 │ +[\d.]+ m?s │ +2 │ +[\d.]+ m?s │ kept until the session ends │/,
    );
    expect(run.output).toMatch(/│ noting:x +│ +2 │ +[\d.]+ m?s │ +2 │ +[\d.]+ m?s │ stopped +│/);
    expect(run.output).toMatch(/│ sums +│ exactMatch │ 1 +│ 100\.0 % \([\d.]+ %–100\.0 %\) │ 100\.0 %/);
    expect(run.output).toMatch(/jest-model-provider: stopped 1 resource in \d+ ms; left behind: nothing/);
  });
});
