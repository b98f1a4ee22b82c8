import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { notesAbout, outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const slow = `new (class extends NotingProvider {
  async createResource(name) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return super.createResource(name);
  }
})()`;
const providers = providerModule({
  noting: 'new NotingProvider()',
  slow,
  turn: `new NotingProvider({ maxLive: 1, retain: 'session' })`,
});
const inTurn = spec(`
  withClient(['turn:a', 'turn:b', 'turn:c'], (handle, model) => {
    test('runs', () => {
      note('ran ' + model);
      expect(model).toMatchSnapshot();
    });
  });`);

describe.each(bothModes)('withClient, %s', (mode) => {
  let run: JestRun;

  beforeAll(async () => {
    run = await runJest(
      {
        ...providers,
        'embedded.eval.js': spec(`
          note(process.pid + ' process');
          withClient(['embedded:novice'], (handle, model) => {
            test('answers', async () => expect((await handle.client.generate('2 + 3')).text).not.toBe(''));
            test('gets its label', () => expect(model).toBe('embedded:novice'));
          });`),
        'scope.eval.js': spec(`
          withClient(['noting:fresh'], { scope: 'test' }, (handle) => {
            test('first', () => note('first ' + handle.client.name));
            test('second', () => note('second ' + handle.client.name));
          });`),
        'slow.eval.js': spec(`
          jest.setTimeout(100);
          withClient(['slow:block'], (handle) => test('is served', () => expect(handle.isActive).toBe(true)));
          withClient(['slow:test'], { scope: 'test' }, (handle) => test('is served', () => expect(handle.isActive).toBe(true)));
          withClient(['slow:samples'], (handle) => {
            foreach('n', [1], () => new Result(handle.client.name));
          });`),
        'nested.eval.js': spec(`
          withClient(['noting:outer'], (outer) => {
            withClient(['noting:inner1', 'noting:inner2'], (inner) => {
              test('has both', () => note([outer.client.name, inner.client.name].join('+') + ' nested'));
            });
          });`),
        'matrix.eval.js': spec(`
          withClient(['noting:a', { spec: 'noting:a', config: { size: 2 }, label: 'a, larger' }], (handle, model) => {
            test('has a resource of its own', () => note(model + ' ' + handle.resourceId + ' matrix'));
          });`),
        'skipped.eval.js': spec(`
          withClient(['noting:skipped'], () => {
            test.skip('later', () => undefined);
            test.todo('some day');
          });
          test('runs', () => undefined);`),
        'lazy.eval.js': spec(`
          const unused = modelProviders.request('noting:unused');
          const used = modelProviders.request('noting:used');
          test('is not set up before its first use', () => expect([unused.isSetUp, used.isSetUp]).toEqual([false, false]));
          test('two first uses share one setup', async () => {
            const [one, other] = await Promise.all([used.get(), used.get()]);
            expect(one).toBe(other);
            expect(used.isSetUp).toBe(true);
          });
          afterAll(() => Promise.all([unused.teardown(), used.teardown()]));`),
        'manual.eval.js': spec(`
          test('lasts until its teardown', async () => {
            const handle = await modelProviders.setup('noting:manual');
            expect(handle).toMatchObject({ resourceId: 'noting:manual#1', isActive: true, client: { name: 'manual' } });
            note('in use manual');
            await handle.teardown();
            note('torn down manual');
            await handle.teardown();
            expect(handle.isActive).toBe(false);
            expect(() => handle.client).toThrow(expect.objectContaining({ code: 'HANDLE_CLOSED' }));
          });`),
        'first.eval.js': inTurn,
        'second.eval.js': inTurn,
        'third.eval.js': inTurn,
        'using.eval.ts': `
          import { modelProviders } from 'jest-model-provider';
          const { note } = require('e2e-kit');
          test('ends with its scope', async () => {
            {
              await using handle = await modelProviders.setup('noting:scoped');
              note('in use ' + (handle.client as { name: string }).name);
            }
            note('out of scope scoped');
          });`,
      },
      mode,
      { config: withProviders, args: ['--ci=false'] },
    );
  });

  test('a run in which everything goes well is green and leaves nothing', () => {
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.tests.filter(({ status }) => status === 'failed')).toEqual([]);
  });

  test('the mode decides which process runs the files', () => {
    const isMain = notesAbout(run, 'process')[0] === `${run.pid} process`;
    expect(isMain).toBe(mode === 'in band');
  });

  test('a block has a model that answers, and the label as its title', () => {
    expect(outcome(run, 'embedded:novice answers').status).toBe('passed');
    expect(outcome(run, 'embedded:novice gets its label').status).toBe('passed');
  });

  test('whoever asks for a resource is named by file and block', () => {
    expect(run.events).toContainEqual(
      expect.objectContaining({ type: 'requested', requester: 'embedded.eval.js > embedded:novice' }),
    );
  });

  test("scope 'test' sets up before and tears down after each test", () => {
    const each = (test: string) => ['start fresh', `${test} fresh`, 'stop fresh'];
    expect(notesAbout(run, 'fresh')).toEqual([...each('first'), ...each('second')]);
  });

  test("no Jest timeout applies to a model's setup", () => {
    const titles = ['slow:block is served', 'slow:test is served', 'slow:samples foreach n'];
    expect(titles.map((title) => outcome(run, title).status)).toEqual(['passed', 'passed', 'passed']);
  });

  test('nested blocks hold both leases, the outer one throughout', () => {
    expect(notesAbout(run, 'nested')).toEqual(['outer+inner1 nested', 'outer+inner2 nested']);
    expect(notesAbout(run, 'outer')).toEqual(['start outer', 'stop outer']);
  });

  test('the same model with another config is another resource under its own label', () => {
    expect(notesAbout(run, 'matrix')).toEqual(['noting:a noting:a#1 matrix', 'a, larger noting:a#2 matrix']);
  });

  test('a block that holds skipped tests only starts nothing', () => {
    expect(notesAbout(run, 'skipped')).toEqual([]);
  });

  test('a lazy request that is never used starts nothing, and one that is used starts once', () => {
    expect(notesAbout(run, 'unused')).toEqual([]);
    expect(notesAbout(run, 'used')).toEqual(['start used', 'stop used']);
  });

  test('a manual setup lasts until its teardown, which may be repeated', () => {
    expect(notesAbout(run, 'manual')).toEqual([
      'start manual',
      'in use manual',
      'stop manual',
      'torn down manual',
    ]);
  });

  test('await using tears down at the end of the scope', () => {
    expect(notesAbout(run, 'scoped')).toEqual([
      'start scoped',
      'in use scoped',
      'stop scoped',
      'out of scope scoped',
    ]);
  });

  test('each file begins with the model that the file before it has left loaded, and each test keeps its title', () => {
    const order = run.notes.flatMap((note) => /^ran turn:(.)$/.exec(note)?.slice(1) ?? []);
    const loads = run.events.filter((event) => event.type === 'ready' && event.spec.startsWith('turn:'));
    // Files that run at once share what is loaded, whichever of them has asked for it.
    if (mode === 'in band') {
      expect(order.join(' ')).toBe('a b c c a b b a c');
      expect(loads).toHaveLength(7);
    }
    const snapshots = readFileSync(join(run.project, '__snapshots__/second.eval.js.snap'), 'utf8');
    expect(snapshots.match(/^exports\[.*\]/gm)).toEqual(
      ['a', 'b', 'c'].map((name) => `exports[\`turn:${name} runs 1\`]`),
    );
  });
});
