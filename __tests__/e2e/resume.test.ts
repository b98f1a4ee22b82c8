import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { footer, logPath, mine, notesUnder, records, recordsIn, samples } from '../support/eval-logs';
import { outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const storing = (title: string, answers: string): string =>
  spec(`foreach('n', [0, 1], (n) => new Result(${answers}[n], []), { title: '${title}' });`);

const first = {
  ...providerModule({ noting: 'new NotingProvider()' }),
  'lazy.js': 'exports.half = 0.5;',
  'lazy.eval.js': spec(`
    withClient(['noting:a', 'noting:b'], (_handle, model) => {
      foreach('n', [1, 2], (n) => {
        note('lazy ' + model + ' ' + n);
        return require('./lazy').half;
      }, { title: 'lazy', concurrency: 1 });
    });`),
  'begin.eval.js': spec(`
    foreach('n', [1], () => true, { title: 'begin-empty' });
    foreach('n', [1], () => true, { title: 'begin-torn' });`),
  'big.eval.js': spec(`
    foreach('n', [1n, 2n], (n) => typeof n === 'bigint', { title: 'rows' });
    foreach('n', [1, 2, 3], (n, { log }) => { log('fact', n === 2 ? 2n : n); return true; },
      { title: 'facts' });`),
  'stored-same.eval.js': storing('stored-same', `['a', 'b']`),
  'stored-other.eval.js': storing('stored-other', `['a', 'b']`),
  'stored-cut.eval.js': storing('stored-cut', `['a', 'b']`),
};

/** With `FULL` there is no more room for its log in the midst of a line. */
const torn = {
  'torn.eval.js': spec(`
    const { execFileSync } = require('node:child_process');
    const limit = (bytes) => execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=' + bytes + ':unlimited']);
    foreach('n', Array.from({ length: 12 }, (_, n) => n), (n) => {
      note('torn ' + n);
      if (n === 0 && process.env.FULL !== undefined) limit(400_000);
      return new Result('x'.repeat(100_000), exactMatch('x', 'x'));
    }, { title: 'torn', concurrency: 2 });
    afterAll(() => limit('unlimited'));`),
};
// At the limit on the size of a file the kernel writes what fits, and kills the process at its next write.
const canTear = process.platform === 'linux';

/** Judges the answers that the first run has stored under that title. */
const rescoring = (title: string, run = 'mine'): string => `
  const { rescore } = require('jest-model-provider');
  const { note } = require('e2e-kit');
  rescore('${run}', '${title}', (n, response) => { note('${title} judged ' + response); return response === 'a'; });`;
/** What the run beside the first one does, twice. */
const later = {
  'again-same.eval.js': rescoring('stored-same'),
  'again-other.eval.js': rescoring('stored-other'),
  'again-cut.eval.js': rescoring('stored-cut'),
  'again-old.eval.js': rescoring('stored-cut', 'old'),
  'self.eval.js': spec(
    `foreach('n', [1], () => true, { title: 'self', gate: { vsBaseline: { run: 'later' } } });`,
  ),
  'foreign.eval.js': spec(
    `foreach('n', [1], () => { note('foreign asked'); return true; }, { title: 'foreign' });`,
  ),
};
const misspelt = {
  'misspelt.eval.js': `require('jest-model-provider').rescore('mime', 'stored-same', () => true);`,
};

describe.each(bothModes)('a run that is continued, %s', (mode) => {
  /** Writes files into the project and runs these, under that name. */
  const again = (
    name: string,
    files: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<JestRun> =>
    runJest(files, mode, {
      config: withProviders,
      project: begun.project,
      env: { EVALS_RUN: name, ...env },
      args: [`--testPathPatterns=${Object.keys(files).join('|')}`],
    });

  let begun: JestRun;
  beforeAll(async () => {
    begun = await runJest(first, mode, { config: withProviders, env: { EVALS_RUN: mine } });
  });

  let full: JestRun;
  let written: Buffer;
  if (canTear)
    beforeAll(async () => {
      full = await again(mine, torn, { FULL: 'yes' });
      written = readFileSync(logPath(begun, 'torn'));
    });

  let judged: JestRun;
  beforeAll(async () => {
    judged = await again('later', later);
  });

  let continued: JestRun;
  beforeAll(async () => {
    writeFileSync(logPath(begun, 'begin-empty'), '');
    writeFileSync(logPath(begun, 'begin-torn'), '{"type":"hea');
    const { 'lazy.eval.js': lazy, 'begin.eval.js': begin } = first;
    continued = await again(mine, {
      'lazy.eval.js': lazy,
      'begin.eval.js': begin,
      'stored-other.eval.js': storing('stored-other', `['a', 'c']`),
      ...(canTear ? torn : {}),
    });
  });

  let judgedAgain: JestRun;
  beforeAll(async () => {
    const unfinished = logPath(begun, 'stored-cut');
    writeFileSync(unfinished, readFileSync(unfinished, 'utf8').split('\n').slice(0, -2).join('\n') + '\n');
    const old = join(begun.project, '.evals', 'old');
    mkdirSync(old);
    const [header = ''] = readFileSync(unfinished, 'utf8').split('\n');
    writeFileSync(join(old, 'cut.jsonl'), `${header.replace('"schema":2', '"schema":1')}\n`);
    appendFileSync(logPath(begun, 'foreign', 'later'), '{"type":"row"}\n');
    judgedAgain = await again('later', { ...later, ...misspelt });
  });

  test('is green where nothing is wrong with it and red where something is, and leaves nothing', () => {
    expect(begun).toMatchObject({ exit: 0, left: [] });
    expect(continued).toMatchObject({ exit: 0, left: [] });
    expect(judgedAgain).toMatchObject({ exit: 1, left: [] });
  });

  test('runs nothing again for a module that only samples load, nor for a provider that only they need', () => {
    expect(notesUnder(begun, 'lazy')).toHaveLength(4);
    expect(continued.notes.filter((line) => !line.startsWith('torn '))).toEqual([]);
  });

  (canTear ? test : test.skip)(
    'goes on behind a line in the midst of which its process was killed: no sample is lost, none runs twice',
    () => {
      expect(full.exit).toBe(mode === 'in band' ? 'SIGXFSZ' : 1);
      const complete = written.subarray(0, written.lastIndexOf(0x0a) + 1);
      expect(written.length).toBe(400_000);
      expect(written.length - complete.length).toBeGreaterThan(1000);
      const now = readFileSync(logPath(begun, 'torn'));
      expect(now.subarray(0, complete.length).equals(complete)).toBe(true);
      const log = recordsIn(now.toString('utf8'));
      const keys = samples(log).map(({ input }) => Number(input));
      expect(keys.sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, n) => n));
      expect(log.filter(({ type }) => type === 'cut')).toEqual([
        expect.objectContaining({ bytes: written.length - complete.length }),
      ]);
      expect(footer(log)).toMatchObject({ status: 'complete', summary: { samples: 12 } });
      const kept = samples(recordsIn(complete.toString('utf8')));
      expect(notesUnder(continued, 'torn')).toHaveLength(12 - kept.length);
    },
  );

  test.each(['empty', 'torn'])(
    'begins anew where its process was killed before the first line was there: %s',
    (title) => {
      const types = records(begun, `begin-${title}`).map(({ type }) => type);
      expect(types).toEqual(['header', 'sample', 'footer']);
    },
  );

  test('is refused for a log that is none, before anything is asked', () => {
    expect(notesUnder(judged, 'foreign')).toEqual(['asked']);
    expect(outcome(judgedAgain, 'foreign').message).toContain('is damaged: line 4 is no line of a log');
    expect(notesUnder(judgedAgain, 'foreign')).toEqual([]);
  });

  test('writes what JSON cannot hold as near as it comes: rows and facts', () => {
    const rows = samples(records(begun, 'rows'));
    expect(rows.map(({ input, scores }) => [input, scores[0]?.value])).toEqual([
      ['1', true],
      ['2', true],
    ]);
    expect(samples(records(begun, 'facts')).map(({ log }) => log)).toEqual([
      { fact: 1 },
      { fact: '2' },
      { fact: 3 },
    ]);
  });

  test('judges stored answers anew where they have become others, and refuses those of a run that did not end', () => {
    for (const title of ['stored-same', 'stored-other', 'stored-cut'])
      expect(notesUnder(judged, title).sort()).toEqual(['judged a', 'judged b']);
    expect(notesUnder(judgedAgain, 'stored-same')).toEqual([]);
    expect(notesUnder(judgedAgain, 'stored-other').sort()).toEqual(['judged a', 'judged c']);
    expect(notesUnder(judgedAgain, 'stored-cut')).toEqual([]);
    expect(outcome(judgedAgain, 'again-cut.eval.js').message).toContain(
      'rescore(): "stored-cut" did not run to its end in the run "mine": continue it with EVALS_RUN=mine',
    );
    expect(outcome(judgedAgain, 'again-old.eval.js').message).toContain(
      'did not run to its end in the run "old": evaluate it anew, for this version cannot continue its log',
    );
  });

  test('is called by its name where a rescore misspells it', () => {
    expect(outcome(judgedAgain, 'misspelt.eval.js').message).toMatch(
      /rescore\(\): there is no run "mime" at \S+, but one called "mine"\./,
    );
  });

  test('is no baseline of itself', () => {
    for (const run of [judged, judgedAgain])
      expect(outcome(run, 'self').message).toContain('baseline "later": it is this very run');
  });
});
