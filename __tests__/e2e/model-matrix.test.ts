import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loads, runMatrix } from './matrix-project';
import { noModel, providerModule, spec } from './noting-project';
import { bothModes, type JestRun } from './run-jest';

const models = `['noting:a', { spec: 'noting:b', config: { size: 2 }, label: 'b' }, 'noting:c']`;

const plainNames = {
  'in band': ['one', 'two', 'three'],
  'in workers': ['one', 'two', 'three', 'four', 'five', 'six'],
};
const plain = (name: string): string =>
  spec(`
    beforeAll(() => note('begins'));
    withClient(${models}, (handle, model) => {
      test('runs', () => note(['${name}', model, handle.client.name].join(' ')));
    });`);
const mixed = spec(`
  const log = (line) => note('mixed: ' + line);
  beforeAll(() => log('beforeAll of the file'));
  test('of no model', () => log('of no model'));
  foreach('n', [1], () => { log('evaluation of no model'); return true; });
  describe('group', () => {
    beforeAll(() => log('beforeAll of the group'));
    withClient(['noting:a', 'noting:c'], (handle, model) => {
      test('in a group', () => log('in a group ' + model));
      withClient(['noting:other'], () => test.todo('later'));
    });
  });
  describe('without a model', () => {
    beforeAll(() => log('beforeAll without a model'));
    test('plain', () => log('plain'));
  });`);

/** Loads in another order than that of the matrix. */
const slowToLoad = `new (class extends NotingProvider {
  async createResource(name) {
    await new Promise((resolve) => setTimeout(resolve, { a: 1200, b: 0, c: 400 }[name]));
    return super.createResource(name);
  }
})({ maxLive: 1, retain: 'session' })`;

const common = {
  'mixed.eval.js': mixed,
  'others.eval.js': spec(`
    withClient(['noting:c'], () => {
      withClient(['noting:a'], () => test.skip('nested', () => undefined));
    });
    withClient(['free:db'], (db) => {
      test('alone', () => note('alone ' + db.client.name));
      withClient(['noting:c'], (handle) => test('both', () => note(db.client.name + '+' + handle.client.name)));
    });`),
  'several.eval.js': spec(`
    const log = (...names) => () => { note(names.map((read) => read()).join('+') + ' used'); return true; };
    withClients({ db: 'db:shop', model: 'noting:a' }, ({ db, model }) => {
      foreach('n', [1], log(() => db.client.name, () => model.client.name));
    });
    withClients({ one: 'db:shop', other: 'db:twin' }, ({ one, other }) => {
      test('no model', log(() => one.client.name, () => other.client.name));
      withClient(['noting:c'], (handle) => {
        foreach('n', [1], log(() => one.client.name, () => handle.client.name));
      });
    });
    withClient([{ spec: 'noting:b', config: { size: 2 }, label: 'b' }], (handle) => {
      withClients({ db: 'db:shop' }, ({ db }) => {
        foreach('n', [1], log(() => db.client.name, () => handle.client.name));
      });
    });`),
  ...providerModule({
    noting: slowToLoad,
    free: 'new NotingProvider()',
    db: noModel(`{ sharing: 'perLease' }`),
  }),
};

/** What makes sense in one mode only. */
const onlyIn = {
  // Files of several projects that run at once would overwrite each other's snapshots.
  'in band': {
    'snap.eval.js': spec(`
      test('plain', () => expect('plain').toMatchSnapshot());
      withClient(${models}, (handle, model) => test('is', () => expect(model).toMatchSnapshot()));`),
  },
  'in workers': {
    'a-late.eval.js': spec(`
      // It is of the first project, and asks for its model when another worker wants that of the next one.
      test('waits', () => noted('begins', ${plainNames['in workers'].length + 1}), 60_000);
      withClient(${models}, (handle, model) => test('asks late', () => undefined));`),
  },
};

/** Of the models of the matrix. */
function modelLoads(run: JestRun): string[] {
  return loads(run).filter((model) => model.startsWith('noting:'));
}

function titled(run: JestRun, pattern: RegExp): string[] {
  return run.tests.flatMap(({ title, status }) => (pattern.test(title) ? [`${status} ${title}`] : [])).sort();
}

describe.each(bothModes)('modelMatrix, %s', (mode) => {
  const names = plainNames[mode];
  const files = {
    ...common,
    ...onlyIn[mode],
    ...Object.fromEntries(names.map((name) => [`${name}.eval.js`, plain(name)])),
  };
  const specs = Object.keys(files).filter((name) => name.endsWith('.eval.js'));
  let run: JestRun;
  beforeAll(async () => {
    run = await runMatrix(files, mode, { models }, { workers: 4, args: ['--ci=false'] });
  });

  test('a run in which everything goes well is green and leaves nothing', () => {
    expect(run.tests.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(run).toMatchObject({ exit: 0, left: [] });
  });

  test('N files × M models on one place cost M loads, one project after the other', () => {
    expect(modelLoads(run)).toEqual(['noting:a', 'noting:b', 'noting:c']);
    expect(
      run.notes.filter((note) => /^\S+ \S+ (a|b|c)$/.test(note) && !note.startsWith('st')).sort(),
    ).toEqual(
      names.flatMap((name) => [`noting:a a`, `b b`, `noting:c c`].map((rest) => `${name} ${rest}`)).sort(),
    );
    // Nothing is skipped, and Jest has no complaint about the configuration.
    expect(titled(run, / runs$/)).toEqual(
      ['b', 'noting:a', 'noting:c'].flatMap((model) =>
        Array<string>(names.length).fill(`passed ${model} runs`),
      ),
    );
    expect(run.output).toMatch(/noting:a.*one\.eval\.js/);
    expect(run.output).not.toMatch(/Validation|not supported/);
  });

  test('every test runs once, hooks as often as their tests need them', () => {
    expect(
      run.notes.flatMap((note) => (note.startsWith('mixed: ') ? [note.slice('mixed: '.length)] : [])).sort(),
    ).toEqual(
      [
        ...Array<string>(2).fill('beforeAll of the file'),
        ...Array<string>(2).fill('beforeAll of the group'),
        'beforeAll without a model',
        'evaluation of no model',
        'in a group noting:a',
        'in a group noting:c',
        'of no model',
        'plain',
      ].sort(),
    );
    const asked = run.events.flatMap((event) =>
      event.type === 'requested' && event.requester.startsWith('mixed.eval.js') ? [event.spec] : [],
    );
    expect(asked).toEqual(['noting:a', 'noting:c']);
    // A file that has nothing for a project is skipped there, and that is all that is seen of it.
    expect(titled(run, /has no test for/)).toEqual(Array(2).fill('pending has no test for b'));
    const suites = specs.length * 3;
    expect(run.output).toContain(
      `Test Suites: 2 skipped, ${suites - 2} passed, ${suites - 2} of ${suites} total`,
    );
  });

  test('models and resources that are not of the matrix go with the block around them, else into the first project', () => {
    expect(titled(run, /free:db|nested/)).toEqual([
      'passed free:db alone',
      'passed free:db noting:c both',
      'pending noting:c noting:a nested',
    ]);
    expect(run.output).toMatch(/noting:a[^\n]*others\.eval\.js/);
  });

  test('what models work with runs in the project of the model around it or beside it, else in the first; evaluations are of the model', () => {
    expect(run.notes.filter((note) => note.endsWith(' used')).sort()).toEqual([
      ...['shop+a used', 'shop+b used', 'shop+c used', 'shop+twin used'],
    ]);
    expect(titled(run, /db:(shop|twin)/)).toEqual([
      'passed b db:shop foreach n',
      'passed db:shop db:twin no model',
      'passed db:shop db:twin noting:c foreach n',
      'passed db:shop noting:a foreach n',
    ]);
    expect(run.output).toMatch(/noting:a[^\n]*several\.eval\.js/);
    // In the table of costs an evaluation has a row for each of its models.
    const rows = [...run.output.matchAll(/│ (db:.* foreach n) +│ (noting:[ac]|b) +│ 1 /g)];
    expect(rows.map(([, evaluation, model]) => `${evaluation} of ${model}`).sort()).toEqual([
      'db:shop db:twin foreach n of noting:c',
      'db:shop foreach n of b',
      'db:shop foreach n of noting:a',
    ]);
  });

  if (mode === 'in workers')
    test('10 files × 3 models on one place cost 3 loads with -w 4 too, however late a file asks for its model', () => {
      expect(specs).toHaveLength(10);
      expect(modelLoads(run)).toEqual(['noting:a', 'noting:b', 'noting:c']);
      expect(titled(run, /waits|asks late/)).toEqual([
        ...['passed b asks late', 'passed noting:a asks late', 'passed noting:c asks late', 'passed waits'],
      ]);
    });

  describe('run again on one file', () => {
    const [file, tests] = mode === 'in band' ? ['snap.eval', 4] : ['two.eval', 3];
    let again: JestRun;
    beforeAll(async () => {
      const { project, state } = run;
      again = await runMatrix({}, mode, { models }, { project, state, args: ['-u', file] });
    });

    test('loads no more than it needs', () => {
      expect(again).toMatchObject({ exit: 0, left: [] });
      expect(again.tests).toHaveLength(tests);
      expect(loads(again).sort()).toEqual(['noting:a', 'noting:b', 'noting:c']);
    });

    test('begins with the model that loads fastest, by what earlier runs have learned', () => {
      // The order of what each load has taken, since a machine that stands still may make any of them slow.
      const learned = run.events.flatMap((event) =>
        event.type === 'ready' && event.spec.startsWith('noting:') ? [event] : [],
      );
      learned.sort((a, b) => a.startMs - b.startMs);
      expect(loads(again)).toEqual(learned.map(({ spec }) => spec));
    });

    if (mode === 'in band')
      test('with -u keeps the snapshots of the other projects', () => {
        const path = join(run.project, '__snapshots__/snap.eval.js.snap');
        expect(readFileSync(path, 'utf8').match(/^exports\[.*\]/gm)).toEqual([
          'exports[`b is 1`]',
          'exports[`noting:a is 1`]',
          'exports[`noting:c is 1`]',
          'exports[`plain 1`]',
        ]);
        expect(again.output).not.toMatch(/obsolete|removed/);
      });
  });
});
