import { notesAbout, providerModule, spec, withProviders } from './noting-project';
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

const slots = `new (class extends NotingProvider {
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
  slot: slots,
});

describe.each(bothModes)('sharing, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest(
      {
        ...providers,
        'kept1.eval.js': block('kept:kept', ''),
        'kept2.eval.js': block('kept:kept', ''),
        'embedded1.eval.js': block(
          'embedded:novice',
          `expect((await handle.client.generate('2 + 3')).text).not.toBe('')`,
        ),
        'embedded2.eval.js': block(
          'embedded:novice',
          `expect((await handle.client.generate('2 + 3')).text).not.toBe('')`,
        ),
        'turns1.eval.js': block(
          'turns:turns',
          `note('enter turns'); await new Promise(setImmediate); note('leave turns');`,
        ),
        'turns2.eval.js': block(
          'turns:turns',
          `note('enter turns'); await new Promise(setImmediate); note('leave turns');`,
        ),
        'slot1.eval.js': block('slot:slot1', `note('use slot1')`),
        'slot2.eval.js': block('slot:slot2', `note('use slot2')`),
        'slot3.eval.js': block('slot:slot3', `note('use slot3')`),
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
      },
      mode,
      { config: withProviders },
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
    const names = ['slot1', 'slot2', 'slot3'];
    for (const name of names)
      expect(notesAbout(run, name)).toEqual([`start ${name}`, `use ${name}`, `stop ${name}`, `gone ${name}`]);
    expect(mostAtOnce(run.notes, names)).toBe(1);
  });
});

describe('sharing between two workers that hold leases at the same time', () => {
  const together = (model: string, meeting: string): string =>
    block(model, `note('meet ${meeting}'); await noted('meet ${meeting}', 2);`);

  test('costs one load, and the resource is stopped after the last lease', async () => {
    const files = {
      ...providers,
      'a.eval.js': together('noting:x', 'all'),
      'b.eval.js': together('noting:x', 'all'),
    };
    const run = await runJest(files, 'in workers', { config: withProviders });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.notes).toEqual(['start x', 'meet all', 'meet all', 'stop x']);
  });

  test('N files by M models on one slot cost M loads', async () => {
    const matrix = spec(`
      withClient(['slot:a', 'slot:b', 'slot:c'], (handle) => {
        test('meets the other file', async () => {
          note('meet ' + handle.client.name);
          await noted('meet ' + handle.client.name, 2);
        }, 60_000);
      });`);
    const run = await runJest({ ...providers, 'a.eval.js': matrix, 'b.eval.js': matrix }, 'in workers', {
      config: withProviders,
    });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.notes.filter((line) => line.startsWith('start'))).toEqual(['start a', 'start b', 'start c']);
    expect(mostAtOnce(run.notes, ['a', 'b', 'c'])).toBe(1);
  });
});
