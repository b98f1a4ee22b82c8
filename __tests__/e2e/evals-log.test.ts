import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  logSchema,
  type HeaderRecord,
  type LogRecord,
  type SampleRecord,
} from '../../src/evals/log/log-record';
import { sampleId } from '../../src/evals/data-sets/sample-id';
import { packageVersion } from '../../src/base/version';
import { footer, logPath, mine, notesUnder, records, samples, started } from '../support/eval-logs';
import { outcome, spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

/** An evaluation in its own folder, with all that its answers need. It notes what it asks under that name. */
function evaluation(
  folder: string,
  { title = folder, model = 'expert', rows = usual, code = '' } = {},
): Record<string, string> {
  const files = {
    'sums.eval.js': spec(`
      const local = require('./local');
      const { prompt } = require('./shots.json');
      withClient(['embedded:${model}'], (handle) => {
        foreach('q, a', require('./rows.json'), async ({ q, a }, { trial, log, sampleId, model }) => {
          note('${folder} ' + q + ' ' + trial);
          log('half', local.half);
          log('id', sampleId + ' ' + model);
          if (q === 'fail' && process.env.REPAIRED === undefined) throw new Error('no answer');
          return new Result((await handle.client.generate(prompt + q)).text, exactMatch(a, '1'), { kept: true });
        }, { title: ${JSON.stringify(title)}, trials: 2, gate: { maxErrors: 5 } });
      });
      ${code}`),
    'local.js': 'exports.half = 0.5;',
    'shots.json': '{ "prompt": "What is 1 + " }',
    'rows.json': JSON.stringify(rows),
  };
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
}

const usual = [
  ['2', '1'],
  ['3', '0'],
  ['fail', '1'],
];
const withoutErrors = [
  ['2', '1'],
  ['3', '1'],
  ['4', '1'],
];

const title = 'sums/äöü: "1"';
/** The same as file names have it. */
const slug = 'sums-äöü-1';
const whole = evaluation('whole', { title, model: 'novice' });

/** Copies weights each time that it is loaded: always the same ones, and those that `REPLACEMENT` names. */
const own = {
  'own.eval.js': spec(`
    const place = (file, model) => require('node:fs').copyFileSync(process.env.MODELS + '/' + model + '.gguf', file);
    place('touched.gguf', 'novice');
    place('replaced.gguf', process.env.REPLACEMENT ?? 'novice');
    for (const title of ['touched', 'replaced'])
      withClient(['embedded:./' + title + '.gguf'], (handle) => {
        foreach('q', ['1 + 2', '3 + 4'], async (q) => {
          note(title + ' ' + q);
          return new Result((await handle.client.generate(q)).text, exactMatch(q, q));
        }, { title });
      });`),
};
const MODELS = join(__dirname, '../../models');

const changed = {
  ...evaluation('rows', {
    rows: [
      ['3', '0'],
      ['4', '1'],
      ['2', '1'],
    ],
  }),
  ...evaluation('spec', { code: '// changed' }),
  'import/local.js': 'exports.half = 0.25;',
  'json/shots.json': '{ "prompt": "Add 1 and " }',
};

const rerunning = ['--testPathPatterns=(whole|json)/'];
const inWhole = ['--testPathPatterns=whole/'];
const asked = (run: JestRun, folder: string): string[] => notesUnder(run, folder).sort();

describe.each(bothModes)('the log of an evaluation, %s', (mode) => {
  let first: JestRun;
  let log: LogRecord[];
  beforeAll(async () => {
    const files = {
      ...whole,
      ...evaluation('rows'),
      ...evaluation('spec'),
      ...evaluation('import'),
      ...evaluation('json', { rows: withoutErrors }),
      ...evaluation('torn'),
      ...own,
    };
    first = await runJest(files, mode, { env: { EVALS_RUN: mine, MODELS }, args: ['--seed=7'] });
    log = records(first, slug);
  });

  let commit: string;
  beforeAll(() => {
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e@example.com', ...args], {
        cwd: first.project,
        encoding: 'utf8',
      }).trim();
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'first');
    commit = git('rev-parse', 'HEAD');
  });

  const again = (
    name: string,
    env: Readonly<Record<string, string>>,
    { files = {}, args = [] as readonly string[] } = {},
  ): Promise<JestRun> =>
    runJest(files, mode, { project: first.project, env: { EVALS_RUN: name, MODELS, ...env }, args });

  /** Runs of the same name as the value, each of which begins as a copy of the named one. */
  const reruns: Record<string, JestRun> = {};
  const rerun = async (value: string): Promise<void> => {
    const runs = join(first.project, '.evals');
    cpSync(join(runs, mine), join(runs, value), { recursive: true });
    reruns[value] = await again(value, { EVALS_RERUN: value, REPAIRED: 'yes' }, { args: rerunning });
  };
  beforeAll(() => rerun('failed'));
  beforeAll(() => rerun('all'));

  let few: JestRun;
  beforeAll(async () => {
    few = await again('few', { EVALS_SAMPLES: '1' }, { args: inWhole });
  });

  let fewAgain: JestRun;
  beforeAll(async () => {
    fewAgain = await again('few', { EVALS_SAMPLES: '1' }, { args: inWhole });
  });

  let second: JestRun;
  let complete: string;
  let lost: SampleRecord;
  beforeAll(async () => {
    const torn = logPath(first, 'torn');
    const lines = readFileSync(torn, 'utf8').trimEnd().split('\n');
    complete = lines
      .slice(0, -2)
      .map((line) => `${line}\n`)
      .join('');
    lost = JSON.parse(lines.at(-2)!) as SampleRecord;
    writeFileSync(torn, complete + lines.at(-2)!.slice(0, 25));
    second = await again(mine, { REPLACEMENT: 'expert' }, { files: changed });
  });

  beforeAll(() => rerun('errors'));

  test('has a header with all that the answers depend on, a line for each trial, and a footer', () => {
    expect(first).toMatchObject({ exit: 0, left: [] });
    const [header] = log as [HeaderRecord, ...LogRecord[]];
    expect(header).toMatchObject({
      type: 'header',
      schema: logSchema,
      run: 'mine',
      file: 'whole/sums.eval.js',
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
    const trials = samples(log);
    expect(trials).toHaveLength(6);
    expect(trials.find(({ index, trial }) => index === 0 && trial === 1)).toMatchObject({
      input: { q: '2', a: '1' },
      response: expect.any(String) as string,
      scores: [{ name: 'exactMatch', value: true }],
      metadata: { kept: true },
      log: { half: 0.5, id: `${sampleId({ q: '2', a: '1' })} embedded:novice` },
      id: sampleId({ q: '2', a: '1' }),
      calls: [{ resource: 'embedded:novice', finishReason: 'stop', status: 200, path: '/chat/completions' }],
    });
    expect(trials.find(({ index }) => index === 2)?.error).toMatchObject({
      kind: 'user',
      message: 'no answer',
    });
    expect(footer(log)).toMatchObject({
      type: 'footer',
      status: 'complete',
      dropped: [],
      summary: { samples: 3, errors: 1, errorKinds: { user: 2 }, reused: 0, notRun: 0 },
      gate: { outcome: 'pass' },
    });
  });

  test('the header has the commit, and whether there is more than it has', () => {
    const lastHeader = (title: string, run: string): HeaderRecord | undefined =>
      records(first, title, run).findLast((record): record is HeaderRecord => record.type === 'header');
    expect(lastHeader(slug, 'all')?.git).toEqual({ commit, dirty: false });
    expect(lastHeader('import', mine)?.git).toEqual({ commit, dirty: true });
  });

  test('a run of the same name asks nothing again, starts no server, and sums up the same', () => {
    expect(second).toMatchObject({ exit: 0, left: [] });
    expect(asked(first, 'whole')).toHaveLength(6);
    expect(asked(second, 'whole')).toEqual([]);
    // No other evaluation has that model.
    expect(started(first, 'embedded:novice')).toHaveLength(1);
    expect(started(second, 'embedded:novice')).toEqual([]);
    expect(footer(records(second, slug)).summary).toEqual({ ...footer(log).summary, reused: 6 });
  });

  test('changed rows run again, removed ones drop out, and the order does not matter', () => {
    expect(asked(second, 'rows')).toEqual(['4 0', '4 1']);
    const last = footer(records(second, 'rows'));
    expect(last).toMatchObject({ summary: { samples: 3, errors: 0, reused: 4 } });
    expect(last.dropped).toHaveLength(1);
  });

  test('all runs again when the spec has changed, and when a local import of it has, be it of JSON', () => {
    for (const folder of ['spec', 'import', 'json']) {
      expect(asked(second, folder)).toHaveLength(6);
      expect(footer(records(second, folder))).toMatchObject({ summary: { samples: 3, reused: 0 } });
    }
    // Nothing has changed since, and it has no errors to run again.
    expect(asked(reruns['errors']!, 'json')).toEqual([]);
  });

  test.each([
    ['errors', ['fail 0', 'fail 1'], 4],
    ['failed', ['3 0', '3 1', 'fail 0', 'fail 1'], 2],
    ['all', ['2 0', '2 1', '3 0', '3 1', 'fail 0', 'fail 1'], 0],
  ])('EVALS_RERUN=%s runs these again, and no others', (value, expected, reused) => {
    const run = reruns[value]!;
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(asked(run, 'whole')).toEqual(expected);
    expect(footer(records(run, slug, value))).toMatchObject({ summary: { samples: 3, errors: 0, reused } });
  });

  test('all runs again when the weights behind the same name are others, and not when the file was only touched', () => {
    for (const name of ['touched', 'replaced']) expect(asked(first, name)).toHaveLength(2);
    expect(asked(second, 'touched')).toEqual([]);
    expect(asked(second, 'replaced')).toHaveLength(2);
  });

  test('EVALS_SAMPLES runs the first ones only', () => {
    expect(asked(few, 'whole')).toEqual(['2 0', '2 1']);
    expect(outcome(few, `embedded:novice ${title}`).status).toBe('passed');
    // The same ones, and not as many of those that are left.
    expect(asked(fewAgain, 'whole')).toEqual([]);
    expect(footer(records(fewAgain, slug, 'few')).summary).toMatchObject({ samples: 1, reused: 2 });
  });

  test('a line that was being written when the process was killed is cut, and its trial runs again', () => {
    expect(readFileSync(logPath(second, 'torn'), 'utf8').startsWith(complete)).toBe(true);
    const { q } = lost.input as { q: string };
    expect(asked(second, 'torn')).toEqual([`${q} ${lost.trial}`]);
    expect(samples(records(second, 'torn'))).toHaveLength(6);
  });
});
