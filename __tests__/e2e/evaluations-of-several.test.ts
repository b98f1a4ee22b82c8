import type { EvalLog } from '../../src/evals/log/read-log';
import { mine, notesUnder, readLogs } from '../support/eval-logs';
import { noModel, outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

// Identities change with the environment, as those of a database do with its migrations.
// The settled ones never do.
const identified = (variable: string): string =>
  `Object.assign(new NotingProvider(), {
    isModel: ${String(variable !== 'SCHEMA')},
    identity: (name) => (name.startsWith('settled') ? undefined : process.env.${variable}) ?? 'same',
  })`;
const providers = providerModule({
  llm: identified('WEIGHTS'),
  db: identified('SCHEMA'),
  judge: 'new NotingProvider()',
  tool: noModel(),
  command: 'new CommandProvider()',
});

/** Notes under its title which sample it asks, of which model, and with which client. */
const evaluation = (title: string): string => `foreach('n', [1, 2], (n, { client, model }) => {
  note(['${title}', n, model === '' ? '-' : model, client?.name ?? '-'].join(' '));
  return true;
}, { title: '${title}' })`;
const evaluations = {
  'keyed.eval.js': spec(`withClients({ db: 'db:shop', model: 'llm:keyed' }, () => ${evaluation('eval')});`),
  'nested.eval.js': spec(`
    withClient(['llm:a', { spec: 'llm:b', label: 'B' }], () => {
      withClient(['db:shop'], () => ${evaluation('eval')});
    });`),
  'tools.eval.js': spec(`
    withClient(['llm:a', 'llm:b'], () => {
      withClients({ db: 'db:shop', judge: 'judge:strict' }, () => ${evaluation('eval')});
    });`),
  'without.eval.js': spec(
    `withClients({ one: 'llm:one', other: 'llm:other' }, () => ${evaluation('eval')});`,
  ),
  'database.eval.js': spec(`withClient(['db:shop'], () => ${evaluation('eval')});`),
};
/** The same, in one file, for what does not change. */
const settled = {
  'settled.eval.js': spec(`
    withClients({ db: 'db:settled', model: 'llm:settled' }, () => ${evaluation('settled')});
    withClient(['llm:settled-a', { spec: 'llm:settled-b', label: 'settled-B' }], () => {
      withClient(['db:settled'], () => ${evaluation('settled')});
    });
    withClient(['llm:settled-a', 'llm:settled-b'], () => {
      withClients({ db: 'db:settled', judge: 'judge:settled' }, () => ${evaluation('settled')});
    });
    withClients({ one: 'llm:settled-one', other: 'llm:settled-other' }, () => ${evaluation('settled')});
    withClient(['db:settled'], () => ${evaluation('settled')});`),
};

/** An evaluation with a model and a database of its own, one of which it kills at its second sample. */
const killing = (title: string, victim: 'model' | 'db', options = ''): string =>
  spec(`
    withClients({ model: 'command:sleep 600; : ${title}', db: 'command:sleep 601; : ${title}' }, ({ model, db }) => {
      let isKilled = false;
      foreach('n', [1, 2, 3], async (n, { client }) => {
        note('${title} ' + n + ' ' + [model, db].map(({ resourceId }) => resourceId.slice(-2)).join(' '));
        if (n === 2 && !isKilled) {
          isKilled = true;
          process.kill(${victim}.client.pid, 'SIGKILL');
          await ${victim}.client.call();
        }
        return true;
      }, { title: '${title}', concurrency: 1, ${options} });
    });`);
const dying = {
  'model-dies.eval.js': killing('model-dies', 'model'),
  'db-dies.eval.js': killing('db-dies', 'db'),
  'restarts.eval.js': killing('restarts', 'db', `onLost: 'restartOnce'`),
};
const nameOf = (title: string): string =>
  `command:sleep 600; : ${title} command:sleep 601; : ${title} ${title}`;

const asked = (run: JestRun): string[] => notesUnder(run, 'eval').sort();
const twice = (...lines: string[]): string[] => lines.flatMap((line) => [`1 ${line}`, `2 ${line}`]);

describe.each(bothModes)('an evaluation within several resources, %s', (mode) => {
  let first: JestRun;
  let logs: EvalLog[];
  beforeAll(async () => {
    const files = { ...providers, ...evaluations, ...settled, ...dying };
    first = await runJest(files, mode, { config: withProviders, env: { EVALS_RUN: mine } });
    logs = readLogs(first);
  });

  const logsOfFile = (file: string): EvalLog[] => logs.filter(({ header }) => header.file === file);

  let changed: JestRun;
  beforeAll(async () => {
    const again = Object.keys({ ...evaluations, ...settled });
    changed = await runJest({}, mode, {
      config: withProviders,
      project: first.project,
      env: { EVALS_RUN: mine, SCHEMA: 'new' },
      args: [`--testPathPatterns=${again.join('|')}`],
    });
  });

  test('is red where one of them has died for good, and nowhere else, and leaves nothing', () => {
    expect(first).toMatchObject({ exit: 1, left: [] });
    const failed = first.tests.filter(({ status }) => status !== 'passed').map(({ title }) => title);
    expect(failed.sort()).toEqual([nameOf('db-dies'), nameOf('model-dies')]);
    expect(changed).toMatchObject({ exit: 0, left: [] });
  });

  test('is of the model among them, or of the model around the databases and judges that it uses', () => {
    expect(asked(first)).toEqual(
      [
        ...twice('llm:keyed keyed'),
        ...twice('llm:a a', 'B b'),
        ...twice('llm:a a', 'llm:b b'),
        ...twice('- -'),
        ...twice('db:shop shop'),
      ].sort(),
    );
  });

  test('has a log for each model, which names the model, and the others beside it', () => {
    const db = { spec: 'db:shop', config: null, identity: 'same' };
    const seen = (file: string): unknown[] =>
      logsOfFile(file).map(({ header: { model, spec: of, identity, resource, tools } }) => [
        model,
        of,
        identity,
        resource?.resourceId.replace(/#\d+$/, '') ?? null,
        tools,
      ]);
    expect(seen('keyed.eval.js')).toEqual([['llm:keyed', 'llm:keyed', 'same', 'llm:keyed', [db]]]);
    expect(seen('nested.eval.js')).toEqual([
      ['B', 'llm:b', 'same', 'llm:b', [db]],
      ['llm:a', 'llm:a', 'same', 'llm:a', [db]],
    ]);
    expect(seen('tools.eval.js')).toEqual(
      ['llm:a', 'llm:b'].map((model) => [
        model,
        model,
        'same',
        model,
        [db, { spec: 'judge:strict', config: null, identity: null }],
      ]),
    );
    const models = ['llm:one', 'llm:other'].map((of) => ({ spec: of, config: null, identity: 'same' }));
    expect(seen('without.eval.js')).toEqual([['', null, null, null, models]]);
    expect(seen('database.eval.js')).toEqual([['db:shop', 'db:shop', 'same', 'db:shop', undefined]]);
  });

  test('is in the report under its model', () => {
    expect(first.output).toMatch(/│ evaluation +│ score +│ samples +│/);
    expect(first.output).toMatch(/eval \(keyed\.eval\.js\) +│ llm:keyed +│ 2/);
    expect(outcome(first, 'llm:a db:shop eval').status).toBe('passed');
    expect(outcome(first, 'db:shop llm:keyed eval').status).toBe('passed');
  });

  test('of which all is finished starts nothing, nested blocks included', () => {
    expect(notesUnder(first, 'settled')).toHaveLength(14);
    expect(changed.notes.filter((line) => line.includes('settled'))).toEqual([]);
  });

  test('runs again when what the model works with has changed', () => {
    expect(asked(changed)).toEqual(asked(first).filter((line) => !line.endsWith('- -')));
  });

  describe('one of which dies under it', () => {
    test.each(['model', 'db'])('stops, also if that is not the model: %s', (victim) => {
      const title = `${victim}-dies`;
      expect(notesUnder(first, title)).toEqual(['1 #1 #1', '2 #1 #1']);
      const { message } = outcome(first, nameOf(title));
      expect(message).toContain('died while it was in use');
      expect(message).toContain(`"${title}" stopped there; 1 trials did not run.`);
      expect(logsOfFile(`${title}.eval.js`)).toMatchObject([{ footer: { status: 'lost' } }]);
    });

    test('starts that one again and no other, if it may', () => {
      expect(outcome(first, nameOf('restarts')).status).toBe('passed');
      expect(notesUnder(first, 'restarts')).toEqual(['1 #1 #1', '2 #1 #1', '2 #1 #2', '3 #1 #2']);
      expect(logsOfFile('restarts.eval.js')).toMatchObject([
        { restarts: 1, footer: { status: 'complete', summary: { restarts: 1 } } },
      ]);
    });
  });
});

describe.each(bothModes)('EVALS_MODELS and several resources, %s', (mode) => {
  test('chooses models; databases, judges and blocks without a model are left alone', async () => {
    const files = { ...providers, ...evaluations };
    const run = await runJest(files, mode, { config: withProviders, env: { EVALS_MODELS: 'B,llm:keyed' } });
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(asked(run)).toEqual(
      [...twice('llm:keyed keyed'), ...twice('B b'), ...twice('- -'), ...twice('db:shop shop')].sort(),
    );
    expect(run.notes).not.toContain('start a');
  });
});
