import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FooterRecord, LogRecord, SampleRecord } from '../../src/evals/log/log-record';
import { outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const named = { EVALS_RUN: 'mine' };

function logOf({ project }: JestRun, title: string, run = 'mine'): string {
  const folder = join(project, '.evals', run);
  return join(folder, readdirSync(folder).find((name) => name.startsWith(`${title}.`)) ?? '');
}

function records(log: string | Buffer): LogRecord[] {
  const text = typeof log === 'string' ? readFileSync(log, 'utf8') : log.toString('utf8');
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as LogRecord);
}

const samples = (log: readonly LogRecord[]): SampleRecord[] =>
  log.filter((record): record is SampleRecord => record.type === 'sample');
const asked = (run: JestRun): string[] => run.notes.filter((line) => line.startsWith('asked'));

describe.each(bothModes)('a run that is continued, %s', (mode) => {
  test('runs nothing again for a module that only samples load, nor for a provider that only they need', async () => {
    const files = {
      ...providerModule({ noting: 'new NotingProvider()' }),
      'lazy.js': 'exports.half = 0.5;',
      'lazy.eval.js': spec(`
        withClient(['noting:a', 'noting:b'], (_handle, model) => {
          foreach('n', [1, 2], (n) => {
            note('asked ' + model + ' ' + n);
            return require('./lazy').half;
          }, { title: 'lazy', concurrency: 1 });
        });`),
    };
    const options = { config: withProviders, env: named };
    const first = await runJest(files, mode, options);
    expect(first).toMatchObject({ exit: 0, left: [] });
    expect(asked(first)).toHaveLength(4);
    const second = await runJest(files, mode, { ...options, project: first.project });
    expect(second).toMatchObject({ exit: 0, notes: [], left: [] });
  });

  // At the limit on the size of a file the kernel writes what fits, and kills the process when it goes on to write.
  (process.platform === 'linux' ? test : test.skip)(
    'goes on behind a line in the midst of which its process was killed: no sample is lost, none runs twice',
    async () => {
      const files = {
        'torn.eval.js': spec(`
          const { execFileSync } = require('node:child_process');
          const limit = (bytes) => execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=' + bytes + ':unlimited']);
          foreach('n', Array.from({ length: 12 }, (_, n) => n), (n) => {
            note('asked ' + n);
            if (n === 0 && process.env.FULL !== undefined) limit(400_000);
            return new Result('x'.repeat(100_000), exactMatch('x', 'x'));
          }, { title: 'torn', concurrency: 2 });
          afterAll(() => limit('unlimited'));`),
      };
      const first = await runJest(files, mode, { env: { ...named, FULL: 'yes' } });
      expect(first.exit).toBe(mode === 'in band' ? 'SIGXFSZ' : 1);
      const path = logOf(first, 'torn');
      const written = readFileSync(path);
      const complete = written.subarray(0, written.lastIndexOf(0x0a) + 1);
      expect(written.length).toBe(400_000);
      expect(written.length - complete.length).toBeGreaterThan(1000);
      const second = await runJest(files, mode, { project: first.project, env: named });
      expect(second).toMatchObject({ exit: 0, left: [] });
      const continued = readFileSync(path);
      expect(continued.subarray(0, complete.length).equals(complete)).toBe(true);
      const log = records(path);
      const keys = samples(log).map(({ input }) => Number(input));
      expect(keys.sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, n) => n));
      expect(log.filter(({ type }) => type === 'cut')).toEqual([
        expect.objectContaining({ bytes: written.length - complete.length }),
      ]);
      expect(log.at(-1) as FooterRecord).toMatchObject({ status: 'complete', summary: { samples: 12 } });
      expect(asked(second)).toHaveLength(12 - samples(records(complete)).length);
    },
  );

  test('begins anew where its process was killed before the first line was there', async () => {
    const files = { 'begin.eval.js': spec(`foreach('n', [1], () => true, { title: 'begin' });`) };
    const first = await runJest(files, mode, { env: named });
    for (const rest of ['', '{"type":"hea']) {
      writeFileSync(logOf(first, 'begin'), rest);
      const second = await runJest(files, mode, { project: first.project, env: named });
      expect(second).toMatchObject({ exit: 0, left: [] });
      expect(records(logOf(first, 'begin')).map(({ type }) => type)).toEqual(['header', 'sample', 'footer']);
    }
  });

  test('is refused for a log that is none, before anything is asked', async () => {
    const files = {
      'foreign.eval.js': spec(
        `foreach('n', [1], () => { note('asked'); return true; }, { title: 'foreign' });`,
      ),
    };
    const first = await runJest(files, mode, { env: named });
    writeFileSync(
      logOf(first, 'foreign'),
      `${readFileSync(logOf(first, 'foreign'), 'utf8')}{"type":"row"}\n`,
    );
    const second = await runJest(files, mode, { project: first.project, env: named });
    expect(outcome(second, 'foreign').message).toContain('is damaged: line 4 is no line of a log');
    expect(second).toMatchObject({ exit: 1, notes: [], left: [] });
  });

  test('keeps what JSON cannot hold from ending it: a row is written as it can be, a fact is an error of its sample', async () => {
    const run = await runJest(
      {
        'big.eval.js': spec(`
          foreach('n', [1n, 2n], (n) => typeof n === 'bigint', { title: 'rows' });
          foreach('n', [1, 2, 3], (n, { log }) => { log('fact', n === 2 ? 2n : n); return true; },
            { title: 'facts', gate: { maxErrors: 1 } });`),
      },
      mode,
      { env: named },
    );
    expect(run).toMatchObject({ exit: 0, left: [] });
    const rows = samples(records(logOf(run, 'rows')));
    expect(rows.map(({ input, scores }) => [input, scores[0]?.value])).toEqual([
      [1, true],
      [2, true],
    ]);
    expect(records(logOf(run, 'facts')).at(-1)).toMatchObject({
      summary: { samples: 3, errors: 1, errorKinds: { user: 1 } },
    });
    expect(run.output).toContain('what it returned or logged is no JSON');
  });

  test('judges stored answers anew where they have become others, and refuses those of a run that did not end', async () => {
    const answering = (answers: string): Record<string, string> => ({
      'answers.eval.js': spec(`
        foreach('n', [0, 1], (n) => new Result(${answers}[n], []), { title: 'stored' });`),
    });
    const first = await runJest(answering(`['a', 'b']`), mode, { env: named });
    const rescoring = {
      'again.eval.js': `
        const { rescore } = require('jest-model-provider');
        const { note } = require('e2e-kit');
        rescore('mine', 'stored', (n, response) => { note('judged ' + response); return response === 'a'; }, { title: 'again' });`,
    };
    const rescore = (): Promise<JestRun> =>
      runJest(rescoring, mode, {
        project: first.project,
        env: { EVALS_RUN: 'rescored' },
        args: ['--testPathPatterns=again.eval'],
      });
    expect((await rescore()).notes.toSorted()).toEqual(['judged a', 'judged b']);
    expect((await rescore()).notes).toEqual([]);
    await runJest(answering(`['a', 'c']`), mode, {
      project: first.project,
      env: named,
      args: ['--testPathPatterns=answers.eval'],
    });
    expect((await rescore()).notes.toSorted()).toEqual(['judged a', 'judged c']);
    const path = logOf(first, 'stored');
    writeFileSync(path, readFileSync(path, 'utf8').split('\n').slice(0, -2).join('\n') + '\n');
    const refused = await rescore();
    expect(refused).toMatchObject({ exit: 1, notes: [], left: [] });
    expect(refused.output).toContain(
      'rescore(): "stored" did not run to its end in the run "mine": continue it with EVALS_RUN=mine',
    );
  });

  test('is called by its name where a rescore misspells it', async () => {
    const stored = spec(`foreach('n', [1], () => true, { title: 'stored' });`);
    const first = await runJest({ 'a.eval.js': stored }, mode, { env: named });
    const misspelt = `require('jest-model-provider').rescore('mime', 'stored', () => true);`;
    const run = await runJest({ 'again.eval.js': misspelt }, mode, {
      project: first.project,
      args: ['--testPathPatterns=again.eval'],
    });
    expect(run.exit).toBe(1);
    expect(run.output).toMatch(/rescore\(\): there is no run "mime" at \S+, but one called "mine"\./);
  });

  test('is no baseline of itself', async () => {
    const files = {
      'self.eval.js': spec(
        `foreach('n', [1], () => true, { title: 'self', gate: { vsBaseline: { run: 'mine' } } });`,
      ),
    };
    const first = await runJest(files, mode, { env: named });
    const second = await runJest(files, mode, { project: first.project, env: named });
    for (const run of [first, second])
      expect(outcome(run, 'self').message).toContain('baseline "mine": it is this very run');
  });
});
