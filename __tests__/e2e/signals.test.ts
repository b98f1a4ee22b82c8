import { providerModule, spec, withProviders } from './noting-project';
import { bothModes, startJest } from './run-jest';

// Two files that hold a model and wait, for two workers, and a third one that must never begin.
const holding = spec(`
  withClient(['embedded:novice'], (handle) => {
    test('holds', async () => {
      await handle.client.generate('2 + 3');
      note('holding');
      await noted('never');
    }, 60_000);
    afterAll(() => note('went on'));
  });`);
const files = {
  'a.eval.js': holding,
  'b.eval.js': holding,
  'c.eval.js': spec(`note('went on'); test('never', () => undefined);`),
};
const filesAtOnce = { 'in band': 1, 'in workers': 2 };

describe.each(bothModes)('a signal in the middle of a run, %s', (mode) => {
  test.each([
    ['SIGINT', 'the main process', 130],
    ['SIGINT', 'the whole group, as Ctrl-C does,', 130],
    ['SIGTERM', 'the main process', 143],
    ['SIGTERM', 'the whole group, as Ctrl-C does,', 143],
    ['SIGHUP', 'the main process', 129],
    ['SIGHUP', 'the whole group, as Ctrl-C does,', 129],
    ['SIGKILL', 'the main process', 'SIGKILL'],
  ] as const)('%s to %s ends everything with exit %s, and nothing goes on', async (signal, target, exit) => {
    const jest = startJest(files, mode);
    await jest.noted('holding', filesAtOnce[mode]);
    process.kill(target === 'the main process' ? jest.pid : -jest.pid, signal);
    const run = await jest.finished();
    expect(run).toMatchObject({ exit, left: [] });
    expect(run.notes).not.toContain('went on');
    expect(run.output).not.toContain('went on');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'no further test or file begins after %s, however long the teardown takes and whatever fails meanwhile',
    async (signal) => {
      const model = 'command:trap "" TERM; echo up >> $E2E_NOTES; while :; do sleep 0.1; done';
      const waiting = spec(`
        withClient([${JSON.stringify(model)}], (handle) => {
          test('waits for an answer', () => handle.client.call(), 60_000);
          test('next', () => note('went on'));
          afterAll(() => note('went on'));
        });`);
      const next = spec(`note('went on'); test('next', () => undefined);`);
      const all = { 'a.eval.js': waiting, 'b.eval.js': waiting, 'c.eval.js': next, 'd.eval.js': next };
      const jest = startJest(
        { ...providerModule({ command: 'new CommandProvider({}, 6000)' }), ...all },
        mode,
        {
          config: withProviders,
        },
      );
      await jest.noted('up');
      process.kill(-jest.pid, signal);
      const run = await jest.finished();
      expect(run).toMatchObject({ exit: { SIGINT: 130, SIGTERM: 143 }[signal], left: [] });
      expect(run.notes).toEqual(['up']);
    },
  );

  test('a second Ctrl-C kills at once what would not end for long', async () => {
    const stubborn = {
      ...providerModule({
        command: `new (class extends CommandProvider {
        async createResource(command, _config, context) {
          await context.launch({ command: '/bin/sh', args: ['-c', command], passEnv: ['E2E_NOTES'], graceMs: 600_000 });
          return {};
        }
      })({ stopTimeoutMs: 600_000 })`,
      }),
      'a.eval.js': spec(`
        withClient(['command:trap "echo terminated >> $E2E_NOTES" TERM; echo up >> $E2E_NOTES; while :; do sleep 0.1; done'], () => {
          test('holds', () => noted('never'), 60_000);
        });`),
    };
    const jest = startJest(stubborn, mode, { config: withProviders });
    await jest.noted('up');
    process.kill(-jest.pid, 'SIGINT');
    await jest.noted('terminated');
    // Until it ends: an echo of the first one that comes at once does not count.
    const again = setInterval(() => jest.isRunning && process.kill(-jest.pid, 'SIGINT'), 100);
    const run = await jest.finished().finally(() => clearInterval(again));
    expect(run).toMatchObject({ exit: 130, left: [] });
  });

  test('SIGTERM while a model is starting ends the start too, also one that heeds no signal', async () => {
    const starting = {
      ...providerModule({
        command: `new (class extends CommandProvider {
        async createResource(command, config, context) {
          await super.createResource(command, config, context);
          await new Promise(() => undefined);
        }
      })({ stopTimeoutMs: 2000 })`,
      }),
      'a.eval.js': spec(
        `withClient(['command:echo up >> $E2E_NOTES; sleep 600'], () => test('never', () => note('went on')));`,
      ),
    };
    const jest = startJest(starting, mode, { config: withProviders });
    await jest.noted('up');
    process.kill(jest.pid, 'SIGTERM');
    const run = await jest.finished();
    expect(run).toMatchObject({ exit: 143, left: [], notes: ['up'] });
  });
});
