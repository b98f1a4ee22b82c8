import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readLog, type EvalLog } from '../../src/evals/log/read-log';
import { noModel, outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun, type Mode } from './run-jest';

// Identities change with the environment, as those of a database do with its migrations.
const identified = (variable: string): string =>
  `Object.assign(new NotingProvider(), { isModel: ${String(variable !== 'SCHEMA')}, identity: () => process.env.${variable} ?? 'same' })`;
const providers = providerModule({
  llm: identified('WEIGHTS'),
  db: identified('SCHEMA'),
  judge: 'new NotingProvider()',
  tool: noModel(),
  command: 'new CommandProvider()',
});

const evaluation = `foreach('n', [1, 2], (n, { client, model }) => {
  note(['ask', n, model === '' ? '-' : model, client?.name ?? '-'].join(' '));
  return true;
}, { title: 'eval' })`;
const files = {
  ...providers,
  'keyed.eval.js': spec(`withClients({ db: 'db:shop', model: 'llm:keyed' }, () => ${evaluation});`),
  'nested.eval.js': spec(`
    withClient(['llm:a', { spec: 'llm:b', label: 'B' }], () => {
      withClient(['db:shop'], () => ${evaluation});
    });`),
  'tools.eval.js': spec(`
    withClient(['llm:a', 'llm:b'], () => {
      withClients({ db: 'db:shop', judge: 'judge:strict' }, () => ${evaluation});
    });`),
  'without.eval.js': spec(`withClients({ one: 'llm:one', other: 'llm:other' }, () => ${evaluation});`),
  'database.eval.js': spec(`withClient(['db:shop'], () => ${evaluation});`),
};
const named = { EVALS_RUN: 'mine' };

function logsOf({ project }: JestRun, file: string): EvalLog[] {
  const folder = join(project, '.evals/mine');
  const paths = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  const logs = paths.sort().map((name) => readLog(join(folder, name)));
  return logs.filter(({ header }) => header.file === file);
}

const asked = (run: JestRun): string[] => run.notes.filter((line) => line.startsWith('ask')).sort();
const started = (run: JestRun): string[] => run.notes.filter((line) => line.startsWith('start')).sort();
const twice = (...lines: string[]): string[] => lines.flatMap((line) => [`ask 1 ${line}`, `ask 2 ${line}`]);

describe.each(bothModes)('an evaluation within several resources, %s', (mode) => {
  let first: JestRun;
  const again = (env: Record<string, string>): Promise<JestRun> =>
    runJest(files, mode, { config: withProviders, project: first.project, env: { ...named, ...env } });

  beforeAll(async () => {
    first = await runJest(files, mode, { config: withProviders, env: named });
  });

  test('is of the model among them, or of the model around the databases and judges that it uses', () => {
    expect(first).toMatchObject({ exit: 0, left: [] });
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
      logsOf(first, file).map(({ header: { model, spec: of, identity, resource, tools } }) => [
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

  test('of which all is finished starts nothing, nested blocks included', async () => {
    const run = await again({});
    expect(run).toMatchObject({ exit: 0, left: [], notes: [] });
  });

  test('runs again when what the model works with has changed', async () => {
    const run = await again({ SCHEMA: 'new' });
    expect(run.exit).toBe(0);
    expect(asked(run)).toEqual(asked(first).filter((line) => !line.endsWith('- -')));
  });
});

describe.each(bothModes)('EVALS_MODELS and several resources, %s', (mode) => {
  const chosen = (models: string): Promise<JestRun> =>
    runJest(files, mode, { config: withProviders, env: { EVALS_MODELS: models } });

  test('chooses models; databases, judges and blocks without a model are left alone', async () => {
    const run = await chosen('B,llm:keyed');
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(asked(run)).toEqual(
      [...twice('llm:keyed keyed'), ...twice('B b'), ...twice('- -'), ...twice('db:shop shop')].sort(),
    );
    expect(started(run)).not.toContain('start a');
  });
});

const killing = (victim: string, options: string): string => `
  let isKilled = false;
  foreach('n', [1, 2, 3], async (n, { client }) => {
    note('ask ' + n + ' ' + [model, db].map(({ resourceId }) => resourceId.slice(-2)).join(' '));
    if (n === 2 && !isKilled) {
      isKilled = true;
      process.kill(${victim}.client.pid, 'SIGKILL');
      await ${victim}.client.call();
    }
    return true;
  }, { title: 'eval', concurrency: 1, ${options} });`;
const dies = (mode: Mode, body: string): Promise<JestRun> =>
  runJest(
    {
      ...providers,
      'dies.eval.js': spec(`
        withClients({ model: 'command:sleep 600', db: 'command:sleep 601' }, ({ model, db }) => { ${body} });`),
    },
    mode,
    { config: withProviders, env: named },
  );

describe.each(bothModes)('one of several that dies under an evaluation, %s', (mode) => {
  test.each(['model', 'db'])('stops it, also if it is not the model: %s', async (victim) => {
    const run = await dies(mode, killing(victim, ''));
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(asked(run)).toEqual(['ask 1 #1 #1', 'ask 2 #1 #1']);
    const { message } = outcome(run, 'command:sleep 600 command:sleep 601 eval');
    expect(message).toContain('died while it was in use');
    expect(message).toContain('"eval" stopped there; 1 trials did not run.');
    expect(logsOf(run, 'dies.eval.js')).toMatchObject([{ footer: { status: 'lost' } }]);
  });

  test('is the only one that is started again, if it may be', async () => {
    const run = await dies(mode, killing('db', `onLost: 'restartOnce'`));
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(asked(run)).toEqual(['ask 1 #1 #1', 'ask 2 #1 #1', 'ask 2 #1 #2', 'ask 3 #1 #2']);
    expect(logsOf(run, 'dies.eval.js')).toMatchObject([
      { restarts: 1, footer: { status: 'complete', summary: { restarts: 1 } } },
    ]);
  });
});
