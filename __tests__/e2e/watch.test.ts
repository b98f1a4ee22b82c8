import { loads, matrixConfig } from './matrix-project';
import { notesAbout, providerModule, spec, withProviders } from './noting-project';
import { bothModes, startJest, type JestRun } from './run-jest';

const models = ['noting:a', 'noting:b', 'noting:c'];

// Every edit is another file for Jest, which then runs all again. The models of the matrix come first: a file
// that waits for the start of something else lets the others go ahead of it.
const edition = (number: number): Record<string, string> => ({
  'a.eval.js': spec(`
    withClient(${JSON.stringify(models)}, (handle, model) => {
      test('edition ${number} of a matrix', () => note('run ${number} ' + model));
    });
    withClient(['kept:x'], (kept) => {
      withClient(['embedded:novice'], (handle) => {
        test('edition ${number}', async () => {
          expect((await handle.client.generate('2 + 3')).text).not.toBe('');
          note('run ${number} ' + handle.resourceId);
        });
      });
    });`),
});
const files = {
  ...providerModule({
    kept: `new NotingProvider({ retain: 'session' })`,
    noting: `new NotingProvider({ maxLive: 1, retain: 'session' })`,
  }),
  ...edition(1),
};

/** Whether there is a process of that number, dead ones that nobody has reaped included. */
function isInTable(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The last thing that a run prints; what is edited before it is not seen. */
const ends = (output: string): number => output.split('Test results written to').length - 1;

describe.each(bothModes)('watch mode, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    const matrix = matrixConfig(mode, { models: JSON.stringify(models) });
    const jest = startJest({ ...matrix, ...files }, mode, {
      args: ['--config', 'matrix.config.js', '--watchAll'],
    });
    for (const [edit, resource] of [
      [1, 'embedded:novice#1'],
      [2, 'embedded:novice#1'],
      [3, 'embedded:novice#2'],
    ] as const) {
      if (edit > 1) jest.write(edition(edit));
      for (const noted of [resource, ...models]) await jest.noted(`run ${edit} ${noted}`);
      await jest.until(`the end of run ${edit}`, () => ends(jest.output) === edit);
      if (edit !== 2) continue;
      for (const pid of jest.serverGroups(/novice/)) {
        process.kill(pid, 'SIGKILL');
        // Its guardian, which tells the session of its death, is its parent, who alone can reap it.
        await jest.until('it is reaped', () => !isInTable(pid));
      }
    }
    process.kill(-jest.pid, 'SIGINT');
    run = await jest.finished();
  });

  test('keeps resources across runs, starts a dead one anew, and Ctrl-C ends everything', () => {
    expect(run).toMatchObject({ exit: 130, left: [] });
    expect(notesAbout(run, 'x')).toEqual(['start x', 'stop x']);
  });

  test('of a matrix begins each run with the model that the run before it has left loaded', () => {
    const order = run.notes.flatMap((note) => /^run \d noting:(.)$/.exec(note)?.slice(1) ?? []);
    expect(order).toHaveLength(9);
    expect([order[3], order[6]]).toEqual([order[2], order[5]]);
    expect(loads(run).filter((model) => models.includes(model))).toHaveLength(7);
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
