import { eventually } from '../support/eventually';
import { holding, providerModule, spec, withProviders } from './noting-project';
import { bothModes, startJest, type JestRun } from './run-jest';

// Two files that hold a model and wait, for two workers, and others that must never begin.
const filesAtOnce = { 'in band': 1, 'in workers': 2 };
function project(waiting: string): Record<string, string> {
  const never = spec(`note('went on'); test('never', () => undefined);`);
  return { 'a.eval.js': waiting, 'b.eval.js': waiting, 'c.eval.js': never, 'd.eval.js': never };
}

const held = project(holding);

const deaf = 'command:trap "" TERM; echo up >> $E2E_NOTES; while :; do sleep 0.1; done';
const tornDownSlowly = {
  ...providerModule({ command: 'new CommandProvider({}, 6000)' }),
  ...project(
    spec(`
      withClient(['embedded:novice'], (model) => {
        withClient([${JSON.stringify(deaf)}], (handle) => {
          test('waits for an answer', async () => {
            await model.client.generate('2 + 3');
            note('holding');
            await handle.client.call();
          }, 60_000);
          test('next', () => note('went on'));
          afterAll(() => note('went on'));
        });
      });`),
  ),
};

const neverUp = 'command:echo up >> $E2E_NOTES; sleep 600';
const starting = {
  ...providerModule({
    command: `new (class extends CommandProvider {
      async createResource(command, config, context) {
        await super.createResource(command, config, context);
        await new Promise(() => undefined);
      }
    })({ stopTimeoutMs: 2000 })`,
  }),
  ...project(
    spec(`
      withClient(['embedded:novice'], (model) => {
        beforeAll(async () => {
          await model.client.generate('2 + 3');
          note('holding');
        });
        withClient([${JSON.stringify(neverUp)}], () => test('never', () => note('went on')));
        afterAll(() => note('went on'));
      });`),
  ),
};

const noteExit = 'echo "exit $code" >> "$E2E_NOTES"';
/** A shell that passes the end of its terminal on to what it runs, as one that somebody types in does. */
const loginShell = `
  "$@" < /dev/tty &
  trap "kill -HUP $!" HUP
  while kill -0 $! 2> /dev/null; do wait $!; code=$?; done
  ${noteExit}`;
/** As npm does: a process, and below it a shell, which is not told of the end of the process. */
const packageManager = `sh -c '"$@"; code=$?; ${noteExit}' sh "$@"; exit $?`;

describe.each(bothModes)('a signal in the middle of a run, %s', (mode) => {
  const exits = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

  /** Runs the files until they hold their models, and sends the signal then. */
  async function interrupted(
    files: Readonly<Record<string, string>>,
    signal: keyof typeof exits,
    target: 'the main process' | 'the whole group',
  ): Promise<JestRun> {
    const jest = startJest(files, mode, { config: files === held ? {} : withProviders });
    await jest.noted('holding', filesAtOnce[mode]);
    if (files !== held) await jest.noted('up');
    process.kill(target === 'the main process' ? jest.pid : -jest.pid, signal);
    return jest.finished();
  }

  const notes = Array<string>(filesAtOnce[mode]).fill('holding');

  test.each([
    ['SIGINT', 'the main process'],
    ['SIGHUP', 'the main process'],
    ['SIGHUP', 'the whole group'],
  ] as const)('%s to %s ends everything, and nothing goes on', async (signal, target) => {
    const run = await interrupted(held, signal, target);
    expect(run).toMatchObject({ exit: exits[signal], left: [], notes });
    expect(run.output).not.toContain('went on');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s to the whole group, as Ctrl-C does, ends everything, and no further test or file begins, however long the teardown takes and whatever fails meanwhile',
    async (signal) => {
      const run = await interrupted(tornDownSlowly, signal, 'the whole group');
      expect(run).toMatchObject({ exit: exits[signal], left: [] });
      expect([...run.notes].sort()).toEqual([...notes, 'up']);
      expect(run.output).not.toContain('went on');
    },
  );

  test('SIGTERM to the main process ends everything, and nothing goes on; a model that is starting ends too, also one that heeds no signal', async () => {
    const run = await interrupted(starting, 'SIGTERM', 'the main process');
    expect(run).toMatchObject({ exit: exits.SIGTERM, left: [] });
    expect([...run.notes].sort()).toEqual([...notes, 'up']);
    expect(run.output).not.toContain('went on');
  });

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

  test('a terminal that is closed ends the run by SIGHUP, though nothing can be written to it', async () => {
    const jest = startJest(held, mode, { terminal: true, through: ['/bin/sh', '-c', loginShell, 'sh'] });
    await jest.noted('holding', filesAtOnce[mode]);
    // The program that holds the other end.
    process.kill(jest.pid, 'SIGKILL');
    await eventually(() => jest.notes.includes('exit 129'));
    expect(await jest.finished()).toMatchObject({ left: [], notes: [...notes, 'exit 129'] });
  });

  test('EVALS_END_WITH_PARENT=1 ends the run, as SIGHUP does, when a process that started it is gone', async () => {
    const jest = startJest(held, mode, {
      through: ['/bin/sh', '-c', packageManager, 'sh'],
      env: { EVALS_END_WITH_PARENT: '1' },
    });
    await jest.noted('holding', filesAtOnce[mode]);
    process.kill(jest.pid, 'SIGKILL');
    const run = await jest.finished();
    expect(run).toMatchObject({ left: [], notes: [...notes, 'exit 129'] });
    expect(run.output).toContain('the process that started this run is gone, stopping all resources');
  });
});
