import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FooterRecord, LogRecord, SampleRecord } from '../../src/evals/log/log-record';
import { outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, startJest, type JestRun } from './run-jest';

const named = { EVALS_RUN: 'mine' };

/** The log of the evaluation of that title, in a run. */
function records({ project }: Pick<JestRun, 'project'>, title: string, run = 'mine'): LogRecord[] {
  const folder = join(project, '.evals', run);
  const [file = ''] = readdirSync(folder).filter((name) => name.startsWith(`${title}.`));
  const lines = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as LogRecord);
}

/** The name of the only run of a project. */
function runOf({ project }: JestRun): string {
  return readdirSync(join(project, '.evals')).find((name) => !name.startsWith('.')) ?? '';
}

const samples = (log: readonly LogRecord[]): SampleRecord[] =>
  log.filter((record): record is SampleRecord => record.type === 'sample');
const footer = (log: readonly LogRecord[]): FooterRecord => log.at(-1) as FooterRecord;
const starts = (run: JestRun): number => run.events.filter(({ type }) => type === 'ready').length;
const count = (run: JestRun, line: string): number => run.notes.filter((note) => note === line).length;

describe.each(bothModes)('an evaluation, %s', (mode) => {
  test('tries again after infrastructure errors that may pass, and after no others', async () => {
    const run = await runJest(
      {
        'retries.eval.js': spec(`
          const tries = {};
          const failing = (status) => Object.assign(new Error('HTTP ' + status), { status, details: { retryAfterMs: 1 } });
          foreach('n', ['busy', 'gone', 'mistaken', 'refused'], (n) => {
            tries[n] = (tries[n] ?? 0) + 1;
            note(n);
            if (n === 'busy' && tries[n] < 3) throw failing(429);
            if (n === 'gone') throw failing(503);
            if (n === 'refused') throw failing(400);
            if (n === 'mistaken') throw new TypeError('a mistake');
            return true;
          }, { title: 'retries', gate: { maxErrors: 3 } });`),
      },
      mode,
      { env: named },
    );
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(['busy', 'gone', 'mistaken', 'refused'].map((n) => count(run, n))).toEqual([3, 3, 1, 1]);
    const log = records(run, 'retries');
    const of = (input: string): SampleRecord | undefined =>
      samples(log).find((sample) => sample.input === input);
    expect(of('busy')).toMatchObject({ retried: ['HTTP 429', 'HTTP 429'], scores: [{ value: true }] });
    expect(of('gone')).toMatchObject({
      retried: ['HTTP 503', 'HTTP 503'],
      error: { kind: 'infrastructure' },
    });
    expect(of('mistaken')?.error).toEqual({ kind: 'user', message: 'a mistake' });
    expect(footer(log).summary).toMatchObject({
      errors: 3,
      errorKinds: { infrastructure: 1, user: 2 },
      retries: 4,
    });
  });

  test('has as many samples under way as its provider has slots, or as it says itself', async () => {
    const run = await runJest(
      {
        ...providerModule({ noting: 'new NotingProvider({ slots: 3 })' }),
        'slots.eval.js': spec(`
          const numbers = Array.from({ length: 12 }, (_, n) => n);
          const most = (title, options) => {
            let [now, most] = [0, 0];
            foreach('n', numbers, async () => {
              most = Math.max(most, (now += 1));
              await new Promise((resolve) => setTimeout(resolve, 5));
              now -= 1;
              return true;
            }, { title, ...options });
            test(title + ' told', () => note(title + ' ' + most));
          };
          withClient(['noting:x'], () => {
            most('slots', {});
            most('own', { concurrency: 5 });
          });
          most('none', {});`),
      },
      mode,
      { config: withProviders },
    );
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.notes.filter((line) => !line.endsWith(' x')).sort()).toEqual(['none 4', 'own 5', 'slots 3']);
  });

  test('voids an answer that comes after its time, and aborts its signal', async () => {
    const run = await runJest(
      {
        'late.eval.js': spec(`
          foreach('n', ['late', 'quick'], async (n, { signal, log }) => {
            if (n === 'quick') return true;
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
            note('aborted: ' + signal.reason.message);
            return true;
          }, { title: 'late', timeoutMs: 50, gate: { maxErrors: 1 } });`),
      },
      mode,
      { env: named },
    );
    expect(run).toMatchObject({ exit: 0, left: [], notes: ['aborted: took longer than its 50 ms'] });
    const late = samples(records(run, 'late')).find(({ input }) => input === 'late');
    expect(late).toMatchObject({
      scores: [],
      error: { kind: 'timeout', message: 'took longer than its 50 ms' },
    });
    expect(run.output).toContain('1 error, as wrong 50.0 %');
  });

  test('can be the only one, be skipped, and be noted for later', async () => {
    const run = await runJest(
      {
        'some.eval.js': spec(`
          foreach.only('n', [1], () => { note('only'); return true; }, { title: 'only' });
          foreach.skip('n', [1], () => { note('skipped'); return true; }, { title: 'skipped' });
          foreach('n', [1], () => { note('other'); return true; }, { title: 'other' });
          foreach.todo('later');`),
      },
      mode,
    );
    expect(run).toMatchObject({ exit: 0, left: [], notes: ['only'] });
    const statuses = ['only', 'skipped', 'other', 'later'].map((title) => outcome(run, title).status);
    expect(statuses).toEqual(['passed', 'pending', 'pending', 'todo']);
  });

  test('is held to its gate: sample by sample, when it is inconclusive, and against an earlier run', async () => {
    const files = {
      'gates.eval.js': spec(`
        const numbers = Array.from({ length: 40 }, (_, n) => n);
        const isNow = process.env.NOW !== undefined;
        const gated = (title, wrong, gate) => foreach('n', numbers, (n) => n >= wrong, { title, gate });
        gated('per-sample', 2, { perSample: { score: 1 } });
        gated('warned', 6, { score: { min: 0.8 } });
        gated('strict', 6, { score: { min: 0.8 }, inconclusive: 'fail' });
        gated('worse', isNow ? 20 : 0, isNow ? { vsBaseline: { run: 'mine' } } : {});
        gated('same', 3, isNow ? { vsBaseline: { run: 'mine' } } : {});
        gated('unknown', 0, isNow ? { vsBaseline: { run: 'none' } } : {});`),
    };
    const before = await runJest(files, mode, { env: named });
    expect(before).toMatchObject({ exit: 1, left: [] });
    expect(outcome(before, 'per-sample').message).toMatch(
      /score: 2 of 40 samples have less than 1: \w+ has 0, \w+ has 0/,
    );
    expect(outcome(before, 'warned').status).toBe('passed');
    expect(before.output).toMatch(
      /The gate of "warned" is inconclusive:\n- score: mean 0\.85, 95 % interval 0\.\d+ to 0\.\d+, n = 40/,
    );
    expect(outcome(before, 'strict').message).toContain('"strict": the gate is inconclusive.');
    const after = await runJest(files, mode, {
      project: before.project,
      env: { EVALS_RUN: 'now', NOW: 'yes' },
    });
    expect(outcome(after, 'worse').message).toContain('score against the baseline "mine": difference -0.5');
    expect(outcome(after, 'same').status).toBe('passed');
    expect(outcome(after, 'unknown').message).toContain('baseline "none": it has no log of this evaluation');
  });

  test('restarts a server that died once, if it may, and runs again only what was under way', async () => {
    const run = await runJest(
      {
        ...providerModule({ command: 'new CommandProvider()' }),
        'restart.eval.js': spec(`
          let isKilled = false;
          withClient(['command:exec sleep 600'], () => {
            foreach('n', [1, 2, 3, 4, 5], async (n, { client }) => {
              note('ask ' + n);
              if (n === 3 && !isKilled) {
                isKilled = true;
                process.kill(client.pid, 'SIGKILL');
                await client.call();
              }
              return true;
            }, { title: 'restart', concurrency: 1, onLost: 'restartOnce' });
          });`),
      },
      mode,
      { config: withProviders, env: named },
    );
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(run.notes.filter((line) => line.startsWith('ask'))).toEqual(
      [1, 2, 3, 3, 4, 5].map((n) => `ask ${n}`),
    );
    expect(starts(run)).toBe(2);
    const log = records(run, 'restart');
    expect(log.filter(({ type }) => type === 'restart')).toEqual([
      expect.objectContaining({ reason: expect.stringContaining('SIGKILL') as string }),
    ]);
    expect(footer(log)).toMatchObject({
      status: 'complete',
      summary: { samples: 5, errors: 0, restarts: 1 },
    });
  });

  const dying = (times: number, options: string): Record<string, string> => ({
    ...providerModule({ command: 'new CommandProvider()' }),
    'dying.eval.js': spec(`
      let kills = 0;
      withClient(['command:exec sleep 600'], () => {
        foreach('n', [1, 2, 3, 4, 5], async (n, { client }) => {
          note('ask ' + n);
          if (n === 3 + kills && kills < ${times}) {
            kills += 1;
            process.kill(client.pid, 'SIGKILL');
            await client.call();
          }
          return true;
        }, { title: 'dying', concurrency: 1, ${options} });
      });`),
  });

  test('stops where its server died, says so and how much did not run, and logs what was under way as its error', async () => {
    const run = await runJest(dying(1, ''), mode, { config: withProviders, env: named });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(starts(run)).toBe(1);
    const [test] = run.tests;
    expect(test?.message).toContain('RESOURCE_LOST');
    expect(test?.message).toContain('"dying" stopped there; 2 trials did not run.');
    const log = records(run, 'dying');
    expect(samples(log).map(({ input, error }) => [input, error?.kind, error?.code])).toEqual([
      [1, undefined, undefined],
      [2, undefined, undefined],
      [3, 'infrastructure', 'RESOURCE_LOST'],
    ]);
    expect(footer(log)).toMatchObject({ status: 'lost', summary: { errors: 1, notRun: 2, restarts: 0 } });
    expect(run.output).toContain('2 not run, its model died');
  });

  test('starts its server again once and not twice', async () => {
    const run = await runJest(dying(2, `onLost: 'restartOnce'`), mode, { config: withProviders, env: named });
    expect(run).toMatchObject({ exit: 1, left: [] });
    expect(starts(run)).toBe(2);
    expect(run.notes).toEqual([1, 2, 3, 3, 4].map((n) => `ask ${n}`));
    expect(footer(records(run, 'dying'))).toMatchObject({
      status: 'lost',
      summary: { errors: 1, restarts: 1, notRun: 1 },
    });
  });

  test('is judged by a second model that is leased beside the first, and counts only the calls of its own', async () => {
    const run = await runJest(
      {
        'judged.eval.js': spec(`
          const { judge } = require('jest-model-provider');
          withClient(['embedded:expert'], (grader) => {
            withClient(['embedded:novice'], (handle) => {
              foreach('q', ['What is 1 + 2?'], async (q, { client }) => {
                const right = judge({ client: grader.client, rubric: () => 'What is 2 + 3?', scale: ['4', '5'] });
                const { text } = await client.generate(q);
                note([client === handle.client, client === grader.client].join());
                return new Result(text, await right(text, ''));
              }, { title: 'judged' });
            });
          });`),
      },
      mode,
      { env: named },
    );
    expect(run).toMatchObject({ exit: 0, left: [], notes: ['true,false'] });
    expect(run.events.filter(({ type }) => type === 'ready')).toHaveLength(2);
    expect(samples(records(run, 'judged'))).toEqual([
      expect.objectContaining({
        scores: [{ name: 'judge', value: true, metadata: { votes: ['5'] } }],
        calls: expect.objectContaining({ count: 1 }) as object,
      }),
    ]);
  });

  test('counts streamed answers as it does others, and those that are broken off as far as they came', async () => {
    const run = await runJest(
      {
        'streamed.eval.js': spec(`
          withClient(['embedded:novice'], (handle) => {
            foreach('way', ['whole', 'streamed', 'broken off'], async (way) => {
              const question = 'What is 1 + 2?';
              if (way === 'whole') return new Result((await handle.client.generate(question)).text);
              let text = '';
              for await (const piece of handle.client.stream(question)) {
                text += piece;
                if (way === 'broken off') break;
              }
              return new Result(text);
            }, { title: 'streamed', concurrency: 1 });
          });`),
      },
      mode,
      { env: named },
    );
    expect(run).toMatchObject({ exit: 0, left: [] });
    const [whole, streamed, broken] = samples(records(run, 'streamed'));
    expect(streamed!.response).toBe(whole!.response);
    for (const { calls } of [whole!, streamed!, broken!])
      expect(calls).toMatchObject({ count: 1, latencyMs: expect.any(Number) as number });
    expect(whole!.calls!.completionTokens).toBeGreaterThan(0);
    expect(streamed!.calls).toMatchObject({
      promptTokens: whole!.calls!.promptTokens,
      completionTokens: whole!.calls!.completionTokens,
    });
    expect(broken!.calls).toMatchObject({ promptTokens: 0, completionTokens: 0 });
  });

  test('judges stored answers anew, without any model', async () => {
    const first = await runJest(
      {
        'first.eval.js': spec(`
          withClient(['embedded:novice', 'embedded:expert'], (handle) => {
            foreach('q, a', [['2 + 3', '5'], ['4 + 4', '8']], async ({ q, a }) =>
              new Result((await handle.client.generate(q)).text, exactMatch(a, 'never')), { title: 'sums' });
          });`),
      },
      mode,
      { env: named },
    );
    expect(first.exit).toBe(0);
    const second = await runJest(
      {
        'first.eval.js': `
          const { rescore } = require('jest-model-provider');
          const { note } = require('e2e-kit');
          rescore('mine', 'sums', ({ q, a }, response, { model }) => {
            note([model, q, a, response].join('|'));
            return response === a;
          }, { title: 'again' });`,
      },
      mode,
      { project: first.project, env: { EVALS_RUN: 'rescored' } },
    );
    expect(second).toMatchObject({ exit: 0, left: [] });
    expect(second.events.filter(({ type }) => type === 'ready')).toEqual([]);
    const stored = samples(records(first, 'sums'))[0];
    expect(second.notes).toHaveLength(4);
    expect(second.notes.some((line) => line.endsWith(`|${stored?.response ?? 'nothing'}`))).toBe(true);
    expect(samples(records(second, 'again', 'rescored'))).toHaveLength(2);
    const unknown = await runJest(
      { 'first.eval.js': `require('jest-model-provider').rescore('none', 'sums', () => true);` },
      mode,
      { project: first.project },
    );
    expect(unknown.exit).toBe(1);
    expect(unknown.output).toContain('EVAL_INVALID');
  });

  test('voids on Ctrl-C what does not end in time, and runs it when it goes on', async () => {
    const files = {
      'stuck.eval.js': spec(`
        foreach('n', [1, 2, 3], async (n, { signal }) => {
          note('begin ' + n);
          if (n > 1 && process.env.GO === undefined) {
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
            note('aborted ' + n);
          }
          return true;
        }, { title: 'stuck', concurrency: 1 });`),
    };
    const running = startJest(files, mode, { env: named });
    await running.noted('begin 2');
    process.kill(-running.pid, 'SIGINT');
    const first = await running.finished();
    expect(first).toMatchObject({ exit: 130, left: [], notes: ['begin 1', 'begin 2', 'aborted 2'] });
    const log = records(first, 'stuck');
    expect(samples(log).map(({ input }) => input)).toEqual([1]);
    expect(footer(log)).toMatchObject({
      status: 'interrupted',
      summary: { samples: 1, errors: 0, notRun: 2 },
    });
    const second = await runJest(files, mode, { project: first.project, env: { ...named, GO: 'on' } });
    expect(second).toMatchObject({ exit: 0, left: [], notes: ['begin 2', 'begin 3'] });
  });

  test('says on a terminal how far it is, and no more than ten times a second', async () => {
    const run = await runJest(
      {
        'live.eval.js': spec(`
          foreach('n', Array.from({ length: 300 }, (_, n) => n), async (n) => {
            await new Promise((resolve) => setTimeout(resolve, 5));
            if (n === 150) throw new Error('one');
            return true;
          }, { title: 'live', concurrency: 1, gate: { maxErrors: 1 } });`),
      },
      mode,
      { terminal: true, env: { CI: '' } },
    );
    expect(run).toMatchObject({ exit: 0, left: [] });
    const said = [...run.output.matchAll(/\r\p{Cc}\[Klive \d+\/300(, 1 error)?/gu)];
    const [{ summary }] = [footer(records(run, 'live', runOf(run)))];
    expect(said.length).toBeGreaterThan(3);
    expect(said.length).toBeLessThanOrEqual(2 + (300 * (summary.durationMs?.p95 ?? 0)) / 100);
    expect(said.some(([, error]) => error !== undefined)).toBe(true);
  });

  test('lets what is under way end on Ctrl-C, writes its footer, and says the command that goes on where it was', async () => {
    const files = {
      'long.eval.js': spec(`
        foreach('n', Array.from({ length: 12 }, (_, n) => n), async (n) => {
          note('begin ' + n);
          // Long enough that the interrupt comes first, and well within the time that is left to samples under way.
          if (n >= 3 && process.env.GO === undefined) await new Promise((resolve) => setTimeout(resolve, 1000));
          return true;
        }, { title: 'long', concurrency: 2 });`),
    };
    const running = startJest(files, mode);
    await running.noted('begin 3');
    process.kill(-running.pid, 'SIGINT');
    const first = await running.finished();
    expect(first).toMatchObject({ exit: 130, left: [] });
    const [, name = ''] =
      /to go on with the evaluations: EVALS_RUN=(\S+) npx jest .*\n/.exec(first.output) ?? [];
    const begun = first.notes.filter((line) => line.startsWith('begin'));
    const log = records(first, 'long', name);
    expect(samples(log)).toHaveLength(begun.length);
    expect(begun.length).toBeLessThan(12);
    expect(footer(log)).toMatchObject({ type: 'footer', status: 'interrupted' });
    const second = await runJest(files, mode, { project: first.project, env: { EVALS_RUN: name, GO: 'on' } });
    expect(second).toMatchObject({ exit: 0, left: [] });
    const again = second.notes.filter((line) => line.startsWith('begin'));
    expect([...begun, ...again].sort()).toEqual(Array.from({ length: 12 }, (_, n) => `begin ${n}`).sort());
    expect(footer(records(second, 'long', name))).toMatchObject({
      status: 'complete',
      summary: { samples: 12, errors: 0 },
    });
  });
});
