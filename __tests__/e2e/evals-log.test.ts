import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FooterRecord, HeaderRecord, LogRecord, SampleRecord } from '../../src/evals/log/log-record';
import { sampleId } from '../../src/evals/data-sets/sample-id';
import { packageVersion } from '../../src/pattern/version';
import { outcome, spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const evaluation = (rows: readonly string[][], code = ''): Record<string, string> => ({
  'sums.eval.js': spec(`
    const local = require('./local');
    const { prompt } = require('./shots.json');
    withClient(['embedded:novice'], (handle) => {
      foreach('q, a', require('./rows.json'), async ({ q, a }, { trial, log, sampleId, model }) => {
        note('asked ' + q + ' ' + trial);
        log('half', local.half);
        log('id', sampleId + ' ' + model);
        if (q === 'fail' && process.env.REPAIRED === undefined) throw new Error('no answer');
        return new Result((await handle.client.generate(prompt + q)).text, exactMatch(a, '1'), { kept: true });
      }, { title: 'sums/äöü: "1"', trials: 2, gate: { maxErrors: 5 } });
    });
    ${code}`),
  'local.js': 'exports.half = 0.5;',
  'shots.json': '{ "prompt": "What is 1 + " }',
  'rows.json': JSON.stringify(rows),
});
const rows = [
  ['2', '1'],
  ['3', '0'],
  ['fail', '1'],
];
const named = { EVALS_RUN: 'mine' };

function logOf({ project }: JestRun): string {
  const folder = join(project, '.evals/mine');
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return join(folder, file);
}

function records(run: JestRun): LogRecord[] {
  return readFileSync(logOf(run), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogRecord);
}

const asked = (run: JestRun): string[] => run.notes.filter((line) => line.startsWith('asked')).sort();
const loads = (run: JestRun): number => run.events.filter(({ type }) => type === 'ready').length;
const footer = (run: JestRun): FooterRecord => records(run).at(-1) as FooterRecord;

describe.each(bothModes)('the log of an evaluation, %s', (mode) => {
  let first: JestRun;
  const again = (files: Record<string, string>, env: Record<string, string> = {}): Promise<JestRun> =>
    runJest(files, mode, { project: first.project, env: { ...named, ...env } });

  beforeEach(async () => {
    first = await runJest(evaluation(rows), mode, { env: named, args: ['--seed=7'] });
  });

  test('has a header with all that the answers depend on, a line for each trial, and a footer', () => {
    expect(first).toMatchObject({ exit: 0, left: [] });
    const [header, ...rest] = records(first) as [HeaderRecord, ...LogRecord[]];
    expect(header).toMatchObject({
      type: 'header',
      schema: 1,
      run: 'mine',
      file: 'sums.eval.js',
      title: 'sums/äöü: "1"',
      model: 'embedded:novice',
      spec: 'embedded:novice',
      resource: {
        resourceId: 'embedded:novice#1',
        command: expect.stringContaining('main.js') as string,
        startMs: expect.any(Number) as number,
      },
      dataset: { name: 'array', hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      git: null,
      seed: 7,
      packages: { node: process.versions.node, 'jest-model-provider': packageVersion },
      options: { trials: 2, retries: 2, onLost: 'stop' },
    });
    expect(header.packages['jest']).toMatch(/^30\./);
    expect(header.resource?.startMs).toBeGreaterThan(0);
    expect(JSON.stringify(header.identity)).toMatch(/[0-9a-f]{16}/);
    const samples = rest.filter(({ type }) => type === 'sample') as SampleRecord[];
    expect(samples).toHaveLength(6);
    expect(samples.find(({ index, trial }) => index === 0 && trial === 1)).toMatchObject({
      input: { q: '2', a: '1' },
      response: expect.any(String) as string,
      scores: [{ name: 'exactMatch', value: true }],
      metadata: { kept: true },
      log: { half: 0.5, id: `${sampleId({ q: '2', a: '1' })} embedded:novice` },
      id: sampleId({ q: '2', a: '1' }),
      calls: { count: 1 },
    });
    expect(samples.find(({ index }) => index === 2)?.error).toMatchObject({
      kind: 'user',
      message: 'no answer',
    });
    expect(footer(first)).toMatchObject({
      type: 'footer',
      status: 'complete',
      dropped: [],
      summary: { samples: 3, errors: 1, errorKinds: { user: 2 }, reused: 0, notRun: 0 },
      gate: { outcome: 'pass' },
    });
  });

  test('the header has the commit, and whether there is more than it has', async () => {
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e@example.com', ...args], {
        cwd: first.project,
        encoding: 'utf8',
      }).trim();
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'first');
    const commit = git('rev-parse', 'HEAD');
    const headerOf = (): HeaderRecord | undefined =>
      records(first).findLast((record): record is HeaderRecord => record.type === 'header');
    await again({ 'rows.json': JSON.stringify(rows) }, { EVALS_RERUN: 'all' });
    expect(headerOf()?.git).toEqual({ commit, dirty: false });
    await again({ 'local.js': 'exports.half = 0.125;' });
    expect(headerOf()?.git).toEqual({ commit, dirty: true });
  });

  test('a run of the same name asks nothing again, starts no server, and sums up the same', async () => {
    const second = await again(evaluation(rows));
    expect(second).toMatchObject({ exit: 0, left: [] });
    expect(asked(second)).toEqual([]);
    expect(loads(second)).toBe(0);
    const [before, after] = [first, second].map((run) => footer(run).summary);
    expect(after).toEqual({ ...before, reused: 6 });
  });

  test('changed rows run again, removed ones drop out, and the order does not matter', async () => {
    const second = await again(
      evaluation([
        ['3', '0'],
        ['4', '1'],
        ['2', '1'],
      ]),
    );
    expect(asked(second)).toEqual(['asked 4 0', 'asked 4 1']);
    expect(footer(second)).toMatchObject({ summary: { samples: 3, errors: 0, reused: 4 } });
    expect(footer(second).dropped).toHaveLength(1);
  });

  test('all runs again when the spec has changed, and when a local import of it has, be it of JSON', async () => {
    const changed = await again(evaluation(rows, '// changed'));
    expect(asked(changed)).toHaveLength(6);
    const imported = await again({ ...evaluation(rows, '// changed'), 'local.js': 'exports.half = 0.25;' });
    expect(asked(imported)).toHaveLength(6);
    expect(footer(imported)).toMatchObject({ summary: { samples: 3, reused: 0 } });
    const shots = { 'shots.json': '{ "prompt": "Add 1 and " }' };
    expect(asked(await again(shots))).toHaveLength(6);
    expect(asked(await again(shots))).toEqual([]);
  });

  test.each([
    ['errors', ['asked fail 0', 'asked fail 1'], 4],
    ['failed', ['asked 3 0', 'asked 3 1', 'asked fail 0', 'asked fail 1'], 2],
    ['all', ['asked 2 0', 'asked 2 1', 'asked 3 0', 'asked 3 1', 'asked fail 0', 'asked fail 1'], 0],
  ])('EVALS_RERUN=%s runs these again, and no others', async (rerun, expected, reused) => {
    const second = await again(evaluation(rows), { EVALS_RERUN: rerun, REPAIRED: 'yes' });
    expect(asked(second)).toEqual(expected);
    expect(footer(second)).toMatchObject({ summary: { samples: 3, errors: 0, reused } });
  });

  test('all runs again when the weights behind the same name are others, and not when the file was only touched', async () => {
    const weights = (name: string): string => join(__dirname, '../../models', `${name}.gguf`);
    const files = {
      'own.eval.js': spec(`
        withClient(['embedded:./own.gguf'], (handle) => {
          foreach('q', ['1 + 2', '3 + 4'], async (q) => {
            note('asked ' + q);
            return new Result((await handle.client.generate(q)).text, exactMatch(q, q));
          }, { title: 'own' });
        });`),
    };
    const options = { env: { EVALS_RUN: 'own' } };
    const place = (): void => copyFileSync(weights('novice'), join(first.project, 'own.gguf'));
    place();
    const runAgain = (): Promise<JestRun> =>
      runJest(files, mode, { ...options, project: first.project, args: ['--testPathPatterns=own.eval'] });
    expect(asked(await runAgain())).toHaveLength(2);
    place();
    expect(asked(await runAgain())).toEqual([]);
    copyFileSync(weights('expert'), join(first.project, 'own.gguf'));
    expect(asked(await runAgain())).toHaveLength(2);
  });

  test('EVALS_SAMPLES runs the first ones only', async () => {
    const few = await runJest(evaluation(rows), mode, { env: { ...named, EVALS_SAMPLES: '1' } });
    expect(asked(few)).toEqual(['asked 2 0', 'asked 2 1']);
    expect(outcome(few, 'embedded:novice sums/äöü: "1"').status).toBe('passed');
    // The same ones, and not as many of those that are left.
    const again = await runJest(evaluation(rows), mode, {
      project: few.project,
      env: { ...named, EVALS_SAMPLES: '1' },
    });
    expect(asked(again)).toEqual([]);
    expect(footer(again).summary).toMatchObject({ samples: 1, reused: 2 });
  });

  test('a line that was being written when the process was killed is cut, and its trial runs again', async () => {
    const lines = readFileSync(logOf(first), 'utf8');
    appendFileSync(logOf(first), '{"type":"sample","id":"to');
    const second = await again(evaluation(rows));
    expect(second).toMatchObject({ exit: 0, left: [] });
    expect(readFileSync(logOf(second), 'utf8').startsWith(lines)).toBe(true);
    expect(records(second).length).toBeGreaterThan(7);
  });
});
