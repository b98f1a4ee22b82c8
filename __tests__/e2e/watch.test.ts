import { notesAbout, providerModule, spec, withProviders } from './noting-project';
import { bothModes, startJest } from './run-jest';

// Every edit is another file for Jest, which then runs all again.
const edition = (number: number): string =>
  spec(`
    withClient(['kept:x'], (kept) => {
      withClient(['embedded:novice'], (handle) => {
        test('edition ${number}', async () => {
          expect((await handle.client.generate('2 + 3')).text).not.toBe('');
          note('run ${number} ' + handle.resourceId);
        });
        afterAll(() => ${number === 2 ? 'process.kill(servers("novice")[0], "SIGKILL")' : 'undefined'});
      });
    });`);
const files = {
  ...providerModule({ kept: `new NotingProvider({ retain: 'session' })` }),
  'a.eval.js': edition(1),
};

describe.each(bothModes)('watch mode, %s', (mode) => {
  // The last thing that a run prints; what is edited before it is not seen.
  const ends = (output: string): number => output.split('Test results written to').length - 1;

  test('keeps resources across runs, starts a dead one anew, and Ctrl-C ends everything', async () => {
    const jest = startJest(files, mode, { config: withProviders, args: ['--watchAll'] });
    for (const [edit, resource] of [
      [1, 'embedded:novice#1'],
      [2, 'embedded:novice#1'],
      [3, 'embedded:novice#2'],
    ] as const) {
      jest.write({ 'a.eval.js': edition(edit) });
      await jest.noted(`run ${edit} ${resource}`);
      await jest.until(`the end of run ${edit}`, () => ends(jest.output) === edit);
    }
    process.kill(-jest.pid, 'SIGINT');
    const run = await jest.finished();
    expect(run).toMatchObject({ exit: 130, left: [] });
    expect(notesAbout(run, 'x')).toEqual(['start x', 'stop x']);
  });

  test.each([
    ['q', 'q'],
    ['Ctrl-C, which is a key there,', '\x03'],
  ])('%s in its terminal ends everything, though Jest runs no teardown then', async (_name, key) => {
    const jest = startJest(files, mode, { config: withProviders, args: ['--watchAll'], terminal: true });
    await jest.noted('run 1 embedded:novice#1');
    await jest.until('the end of run 1', () => ends(jest.output) === 1);
    jest.type(key);
    expect(await jest.finished()).toMatchObject({ exit: 0, left: [] });
  });
});
