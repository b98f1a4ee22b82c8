import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { completion, fakeEndpoint, json, type Answerer } from '../fixtures/fake-endpoint';
import { spec } from './noting-project';
import { bothModes, runJest, startJest, type JestRun, type RunOptions } from './run-jest';

const command = join(__dirname, '../../dist/src/cli/main.js');
const endpoint = fakeEndpoint();
const answer: Answerer = (response, request) => json(200, completion('7'))(response, request);
const env = { FAKE_URL: '', FAKE_KEY: 'fake-key-of-the-endpoint' };

const providers = {
  'providers.js': `
    const { defineProviders, OpenAICompatibleProvider } = require('jest-model-provider');
    module.exports = defineProviders({
      fake: new OpenAICompatibleProvider({ baseURL: process.env.FAKE_URL, apiKeyVariable: 'FAKE_KEY' }),
    });`,
};
const project = (displayName: string, file = '*'): Record<string, unknown> => ({
  ...{ preset: 'jest-model-provider', displayName, testMatch: [`**/${file}.eval.js`] },
  ...{ globals: { variant: displayName }, testEnvironmentOptions: { modelProviders: './providers.js' } },
});
const config = { preset: undefined, projects: [project('one'), project('two', 'shared')] };

/** Asks one or several models for each number. */
const asks = (title: string, rows: string, more = '', before = ''): string => `
  foreach('n', ${rows}, async (n, { client }) => {
    ${before}
    return new Result((await client.generate('${title} ' + n)).text, exactMatch('7', '7'));
  }, { title: '${title}'${more} });`;
const sums = (body: string): string => spec(`withClient(['fake:m'], (handle) => { ${body} });`);

const before: Readonly<Record<string, string>> = {
  'gone.eval.js': sums(asks('sums', '[1]')),
  'untouched.eval.js': sums(asks('untouched', '[1, 2]')),
  'edited.eval.js': sums(asks('edited', '[1]') + asks('edited away', '[1]')),
  'broken.eval.js': sums(asks('broken', '[1]')),
  'shared.eval.js': sums(`
    if (variant === 'one') { ${asks('of one', '[1]')} }
    if (variant === 'two') { ${asks('of two', '[1]')} }`),
  'app/models.eval.js': spec(`
    withClient(['fake:m'], (handle) => {
      ${asks('shrunk', '[1, 2, 3]', ', trials: 2')}
      ${asks('sampled', '[1, 2]')}
      ${asks('failing', '[1, 2]')}
      ${asks('dropped', '[1, 2]')}
      test('skipped', () => handle.client.generate('skipped'));
      test('dropped too', () => handle.client.generate('dropped too'));
      beforeAll(() => handle.client.generate('from a hook'));
    });
    test('asks by hand', async () => {
      for (const model of ['fake:m', 'fake:judge']) {
        const handle = await modelProviders.setup(model);
        await handle.client.generate('by hand');
        await handle.teardown();
      }
    });
    withClient(['fake:idle'], (handle) => {
      test('only leases', () => handle.resourceId);
      test('asked once', () => handle.client.generate('once'));
    });`),
};
const after: Readonly<Record<string, string>> = {
  'broken.eval.js': `${sums(asks('other', '[1]'))} (`,
  'shared.eval.js': sums(`
    test('calls nothing', () => undefined);
    if (variant === 'one') { ${asks('of one', '[1]')} }`),
  'app/models.eval.js': spec(`
    withClient(['fake:m'], (handle) => {
      ${asks('shrunk', '[1, 2]', ', trials: 1')}
      ${asks('sampled', '[1, 2]', ', samples: 1')}
      ${asks('failing', '[1, 2]', '', `if (n === 2) throw new Error('before it asks');`)}
      test.skip('skipped', () => handle.client.generate('skipped'));
      beforeAll(() => handle.client.generate('from a hook'));
    });
    test('asks by hand', async () => {
      const handle = await modelProviders.setup('fake:m');
      await handle.client.generate('by hand');
      await handle.teardown();
    });
    withClient(['fake:idle'], (handle) => {
      test('only leases', () => handle.resourceId);
    });`),
};

interface Pruned {
  readonly unused: { path: string; specFile: string; without: string; header?: { name: string } }[];
  readonly partlyUsed: { path: string; calls: number; attempts: { sample: string; trial: number }[] }[];
  readonly unknown: { path: string; for: string }[];
}

const inProject = (
  { project: cwd }: Pick<JestRun, 'project'>,
  ...args: string[]
): { exit: number | null; out: string; err: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'recordings', ...args], {
    cwd,
    encoding: 'utf8',
  });
  return { exit: status, out: stdout, err: stderr };
};
const prune = (run: JestRun, ...args: string[]): Pruned =>
  JSON.parse(inProject(run, '--prune', '--json', ...args).out) as Pruned;
const slugs = (found: readonly { path: string }[]): string[] =>
  found.map(({ path }) => path.replace(/\.[0-9a-f]{8}\.jsonl$/, '').replace('__recordings__/', '')).sort();
const recordings = ({ project: folder }: Pick<JestRun, 'project'>): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.includes('__recordings__') && name.endsWith('.jsonl'))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

describe.each(bothModes)('jest-model-provider recordings, %s', (mode) => {
  let recorded: JestRun;
  let ofOne: JestRun;
  let replayed: JestRun;
  let all: Record<string, string>;
  let inDoubt: Pruned;
  let dry: Pruned;
  let text: string;
  let pruned: Pruned;
  const some = ['--testPathPatterns', 'shared|models|untouched'];
  const again = (more: RunOptions & { files?: Readonly<Record<string, string>> }): Promise<JestRun> =>
    runJest(more.files ?? {}, mode, {
      ...{ config, project: recorded.project, state: recorded.state, ...more },
      env: { FAKE_URL: 'http://127.0.0.1:9/v1', EVALS_RECORDINGS: 'replay' },
    });

  beforeAll(async () => {
    endpoint.answer(answer);
    recorded = await runJest({ ...providers, ...before }, mode, {
      config,
      env: { ...env, FAKE_URL: endpoint.baseURL, EVALS_RECORDINGS: 'record' },
    });
    all = recordings(recorded);
    rmSync(join(recorded.project, 'gone.eval.js'));
    ofOne = await again({ files: after, args: ['--selectProjects', 'one'] });
    const { 'edited.eval.js': edited = '' } = before;
    writeFileSync(join(recorded.project, 'edited.eval.js'), edited.replace('edited away', 'edited'));
    inDoubt = prune(recorded, '--dry-run');
    replayed = await again({ args: some });
    dry = prune(recorded, '--dry-run');
    text = inProject(recorded, '--prune', '--dry-run').out;
    expect(recordings(recorded)).toEqual(all);
    pruned = prune(recorded);
  });

  test('the runs are as they are meant', () => {
    expect([recorded.exit, recorded.exit === 0 ? '' : recorded.output]).toEqual([0, '']);
    const failed = (run: JestRun): string[] =>
      run.tests
        .filter(({ status }) => status === 'failed')
        .map(({ title }) => title)
        .sort();
    expect(failed(ofOne)).toEqual(['broken.eval.js', 'fake:m failing']);
    expect(failed(replayed)).toEqual(['fake:m failing']);
  });

  test('recordings whose spec file is gone are unused', () => {
    const ofGone = pruned.unused.filter(({ without }) => without === 'spec file');
    expect(slugs(ofGone)).toEqual(['gone.eval.js/sums.fake-m']);
  });

  test('recordings of an evaluation or a test that the spec file has not any more are unused', () => {
    const ofGone = pruned.unused.filter(({ without }) => without === 'test');
    expect(slugs(ofGone)).toEqual([
      'app/models.eval.js/dropped.fake-m',
      'app/models.eval.js/one-fake-m-dropped-too.fake-m',
      'shared.eval.js/of-two.fake-m',
    ]);
  });

  test('a recording of a resource that a passed test has not asked is unused', () => {
    const ofResource = pruned.unused.filter(({ without }) => without === 'resource');
    expect(slugs(ofResource)).toEqual(['app/models.eval.js/one-asks-by-hand.fake-judge']);
  });

  test('calls of samples and trials that a whole evaluation has not used are unused', () => {
    expect(slugs(pruned.partlyUsed)).toEqual(['app/models.eval.js/shrunk.fake-m']);
    expect(pruned.partlyUsed[0]).toMatchObject({ calls: 4, attempts: expect.any(Array) as object });
    const trials = pruned.partlyUsed[0]?.attempts.map(({ trial }) => trial);
    expect(trials?.sort()).toEqual([0, 1, 1, 1]);
  });

  test('what may be used stays: what was skipped, sampled, failed, called in a hook, or needed for a lease alone', () => {
    const left = Object.keys(recordings(recorded)).map((path) => ({ path }));
    expect(slugs(left)).toEqual([
      'app/models.eval.js/failing.fake-m',
      'app/models.eval.js/one-asks-by-hand.fake-m',
      'app/models.eval.js/one-fake-idle-asked-once.fake-idle',
      'app/models.eval.js/one-fake-m-skipped.fake-m',
      'app/models.eval.js/one-fake-m.fake-m',
      'app/models.eval.js/sampled.fake-m',
      'app/models.eval.js/shrunk.fake-m',
      'broken.eval.js/broken.fake-m',
      'edited.eval.js/edited-away.fake-m',
      'edited.eval.js/edited.fake-m',
      'shared.eval.js/of-one.fake-m',
      'untouched.eval.js/untouched.fake-m',
    ]);
    const failing = Object.entries(recordings(recorded)).find(([path]) => path.includes('failing'));
    expect(failing?.[1]).toBe(all[failing?.[0] ?? '']);
  });

  test('of a file that was changed since, or could not be collected, nothing is known', () => {
    for (const found of [inDoubt, pruned])
      expect(found.unknown.filter(({ path }) => path.endsWith('.eval.js'))).toEqual([
        { path: 'broken.eval.js', for: 'changed' },
        { path: 'edited.eval.js', for: 'changed' },
      ]);
  });

  test('of a project that was not in the last run nothing is deleted', () => {
    expect(slugs(inDoubt.unused)).not.toContain('shared.eval.js/of-two.fake-m');
    const ofProject = inDoubt.unknown.filter((each) => each.for === 'project');
    expect(slugs(ofProject)).toEqual(['shared.eval.js/of-two.fake-m']);
  });

  test('a dry run says the same, and deletes nothing', () => {
    expect({ ...dry, isDryRun: false }).toEqual(pruned);
    expect(text).toContain('Would delete 5 recordings, and 4 calls of others.');
  });

  test('what is left is whole, is replayed, and is all used', async () => {
    expect(inProject(recorded, '--check')).toMatchObject({ exit: 0 });
    const { tests } = await again({ args: some });
    expect(tests.filter(({ status }) => status === 'failed')).toMatchObject([{ title: 'fake:m failing' }]);
    expect(prune(recorded)).toMatchObject({ unused: [], partlyUsed: [] });
  });

  test('of a recording that is newer than the last run, as after a pull, nothing is deleted', () => {
    const folder = join(recorded.project, '__recordings__', 'untouched.eval.js');
    const [name = ''] = readdirSync(folder);
    const [header = '', ...calls] = readFileSync(join(folder, name), 'utf8').split('\n');
    const other = header.replace('untouched', 'pulled');
    const path = join(folder, 'pulled.fake-m.00000000.jsonl');
    writeFileSync(path, [other, ...calls].join('\n'));
    expect(prune(recorded, '--dry-run', 'untouched.eval.js')).toMatchObject({
      unused: [],
      unknown: [{ for: 'changed' }],
    });
    utimesSync(path, 1, 1);
    expect(prune(recorded, 'untouched.eval.js')).toMatchObject({ unused: [{ without: 'test' }] });
  });

  test('a run that is interrupted leaves no marks', async () => {
    const held = startJest(
      {
        ...providers,
        'held.eval.js': spec(`
          test('holds', async () => { note('holding'); await noted('never'); }, 600_000);`),
      },
      mode,
      { config: project('one'), env: { FAKE_URL: 'http://127.0.0.1:9/v1', EVALS_RECORDINGS: 'replay' } },
    );
    mkdirSync(join(held.project, '__recordings__', 'held.eval.js'), { recursive: true });
    await held.noted('holding');
    process.kill(held.pid, 'SIGINT');
    const { project: folder } = await held.finished();
    expect(readdirSync(folder)).not.toContain('.evals');
  });
});

describe.each(bothModes)('recordings of a matrix, %s', (mode) => {
  const matrix = (rows: string): Record<string, string> => ({
    ...providers,
    'matrix.config.js': `
      const { modelMatrix } = require('jest-model-provider/model-matrix');
      module.exports = modelMatrix(['fake:a', 'fake:b'], {
        testEnvironmentOptions: { modelProviders: './providers.js' },
        ${mode === 'in workers' ? `workerIdleMemoryLimit: '4GB',` : ''}
      });`,
    'all.eval.js': spec(`withClient(['fake:a', 'fake:b'], () => { ${rows} });`),
  });

  test('of all models is known what is gone, and only of those that ran what they have used', async () => {
    endpoint.answer(answer);
    const args = ['--config', 'matrix.config.js'];
    const recorded = await runJest(matrix(asks('stays', '[1, 2]') + asks('goes', '[1]')), mode, {
      args,
      env: { ...env, FAKE_URL: endpoint.baseURL, EVALS_RECORDINGS: 'record' },
    });
    expect([recorded.exit, Object.keys(recordings(recorded)).length]).toEqual([0, 4]);
    await runJest(matrix(asks('stays', '[1]')), mode, {
      ...{ args, project: recorded.project, state: recorded.state },
      env: { FAKE_URL: 'http://127.0.0.1:9/v1', EVALS_RECORDINGS: 'replay', EVALS_MODELS: 'fake:a' },
    });
    const pruned = prune(recorded);
    expect(slugs(pruned.unused)).toEqual(['all.eval.js/goes.fake-a', 'all.eval.js/goes.fake-b']);
    expect(slugs(pruned.partlyUsed)).toEqual(['all.eval.js/stays.fake-a']);
  });
});
