import { notesAbout, outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const block = (model: string, body: string): string =>
  spec(`withClient(['${model}'], (handle) => test('uses it', async () => { ${body} }, 60_000));`);

/** The most resources that were live at any moment, by the provider's own notes. */
function mostAtOnce(notes: readonly string[], names: readonly string[]): number {
  let [live, most] = [0, 0];
  for (const line of notes) {
    const [verb, name = ''] = line.split(' ');
    if (!names.includes(name)) continue;
    live += verb === 'start' ? 1 : verb === 'gone' ? -1 : 0;
    most = Math.max(most, live);
  }
  return most;
}

const turns = `note('enter turns'); await new Promise(setImmediate); note('leave turns');`;
const answers = `expect((await handle.client.generate('2 + 3')).text).not.toBe('');`;

// Two files each that wait for each other, for two workers.
const together = (model: string): string => block(model, `note('meet x'); await noted('meet x', 2);`);
const matrix = spec(`
  withClient(['matrix:a', 'matrix:b', 'matrix:c'], (handle) => {
    test('meets the other file', async () => {
      note('meet ' + handle.client.name);
      await noted('meet ' + handle.client.name, 2);
    }, 60_000);
  });`);
const onlyIn = {
  'in band': {},
  'in workers': {
    'together1.eval.js': together('noting:x'),
    'together2.eval.js': together('noting:x'),
    'matrix1.eval.js': matrix,
    'matrix2.eval.js': matrix,
  },
};

const onePlace = `new (class extends NotingProvider {
  async destroyResource(resource) {
    await super.destroyResource(resource);
    await new Promise((resolve) => setTimeout(resolve, 50));
    note('gone ' + resource.name);
  }
})({ maxLive: 1, retain: 'session' })`;

const providers = providerModule({
  noting: 'new NotingProvider()',
  kept: `new NotingProvider({ retain: 'session' })`,
  idle: `new NotingProvider({ retain: { idleMs: 20 } })`,
  turns: `new NotingProvider({ sharing: 'exclusive', retain: 'session' })`,
  own: `new NotingProvider({ sharing: 'perLease' })`,
  place: onePlace,
  matrix: onePlace,
});

describe.each(bothModes)('sharing, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest(
      {
        ...providers,
        'kept1.eval.js': block('kept:kept', ''),
        'kept2.eval.js': block('kept:kept', ''),
        'embedded1.eval.js': block('embedded:novice', answers),
        'embedded2.eval.js': block('embedded:novice', answers),
        'turns1.eval.js': block('turns:turns', turns),
        'turns2.eval.js': block('turns:turns', turns),
        'place1.eval.js': block('place:place1', `note('use place1')`),
        'place2.eval.js': block('place:place2', `note('use place2')`),
        'place3.eval.js': block('place:place3', `note('use place3')`),
        'own.eval.js': spec(`
          test('gives each lease its own', async () => {
            const handles = await Promise.all([modelProviders.setup('own:own'), modelProviders.setup('own:own')]);
            expect(handles.map(({ resourceId }) => resourceId).sort()).toEqual(['own:own#1', 'own:own#2']);
            await modelProviders.teardownAll();
          });`),
        'idle.eval.js': spec(`
          withClient(['idle:idle'], () => test('uses it', () => undefined));
          test('is stopped a while after its last lease', () => noted('stop idle'), 60_000);`),
        'once.eval.js': spec(`
          test('two setups at once share one start', async () => {
            const [one, other] = await Promise.all([modelProviders.setup('noting:once'), modelProviders.setup('noting:once')]);
            expect(one.resourceId).toBe(other.resourceId);
            await one.teardown();
            expect(other.client.name).toBe('once');
            note('one left once');
            await other.teardown();
            note('none left once');
          });`),
        'many.eval.js': spec(`
          test('leases again and again, and many times at once', async () => {
            for (let n = 0; n < 12; n += 1) await (await modelProviders.setup('embedded:expert')).teardown();
            const handles = await Promise.all(Array.from({ length: 12 }, () => modelProviders.setup('embedded:expert')));
            for (const handle of handles) await handle.teardown();
          });`),
        'retries.eval.js': spec(`
          const tried = new Set();
          foreach('n', Array.from({ length: 24 }, (_, n) => n), (n) => {
            if (tried.has(n)) return true;
            tried.add(n);
            throw Object.assign(new Error('busy'), { code: 'ECONNRESET' });
          }, { concurrency: 24 });`),
        ...onlyIn[mode],
      },
      mode,
      // One more than there are pairs of files that wait for each other.
      { config: withProviders, workers: 3 },
    );
  });

  test('a run of many kinds of sharing is green and leaves nothing', () => {
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.tests.filter(({ status }) => status !== 'passed')).toEqual([]);
  });

  test("retain 'session': files share one load, which lasts until the end", () => {
    expect(notesAbout(run, 'kept')).toEqual(['start kept', 'stop kept']);
    expect(run.events).toContainEqual(
      expect.objectContaining({ type: 'stopping', resourceId: 'kept:kept#1', reason: 'the session ends' }),
    );
  });

  test('files share one process of the embedded model', () => {
    expect(
      run.events.filter((event) => event.type === 'starting' && event.spec === 'embedded:novice'),
    ).toHaveLength(1);
    expect(
      run.events.filter((event) => event.type === 'leased' && event.resourceId === 'embedded:novice#1'),
    ).toHaveLength(2);
  });

  test("retain 'lease': stopped after the last lease, not before", () => {
    expect(notesAbout(run, 'once')).toEqual(['start once', 'one left once', 'stop once', 'none left once']);
  });

  test('retain idleMs: stopped a while after the last lease', () => {
    expect(run.events).toContainEqual(
      expect.objectContaining({ type: 'stopping', resourceId: 'idle:idle#1', reason: 'it was idle' }),
    );
  });

  test("sharing 'exclusive': files take turns on one resource", () => {
    const turn = ['enter turns', 'leave turns'];
    expect(notesAbout(run, 'turns')).toEqual(['start turns', ...turn, ...turn, 'stop turns']);
  });

  test('maxLive 1: every file is served, and no two models are live at once', () => {
    const names = ['place1', 'place2', 'place3'];
    for (const name of names)
      expect(notesAbout(run, name)).toEqual([`start ${name}`, `use ${name}`, `stop ${name}`, `gone ${name}`]);
    expect(mostAtOnce(run.notes, names)).toBe(1);
  });

  test('any number of leases of a file, and of samples that wait for another try, bring no warning from Node', () => {
    const titles = ['leases again and again, and many times at once', 'foreach n'];
    expect(titles.map((title) => outcome(run, title))).toEqual(
      Array(2).fill({ title: expect.any(String) as string, status: 'passed', message: '' }),
    );
    expect(run.output).not.toContain('MaxListenersExceededWarning');
  });

  if (mode === 'in workers')
    describe('of leases that two workers hold at the same time', () => {
      test('costs one load, and the resource is stopped after the last lease', () => {
        expect(notesAbout(run, 'x')).toEqual(['start x', 'meet x', 'meet x', 'stop x']);
      });

      test('N files by M models on one place cost M loads', () => {
        const names = ['a', 'b', 'c'];
        const starts = run.notes.filter((line) => /^start [abc]$/.test(line));
        expect(starts).toEqual(names.map((name) => `start ${name}`));
        expect(mostAtOnce(run.notes, names)).toBe(1);
      });
    });
});
