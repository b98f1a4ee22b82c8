import type { HeaderRecord, LogRecord } from '../../src/evals/log/log-record';
import { footer, mine, notesUnder, records, samples, started } from '../support/eval-logs';
import { outcome, providerModule, spec, withProviders } from './noting-project';
import { bothModes, runJest, startJest, type JestRun } from './run-jest';

const providers = providerModule({
  noting: 'new NotingProvider({ slots: 3 })',
  command: 'new CommandProvider()',
});

/** Gates that hold at first, and are held to that run by the next one, where some answers are worse. */
const gates = {
  'gates.eval.js': spec(`
    const numbers = Array.from({ length: 40 }, (_, n) => n);
    const isNow = process.env.NOW !== undefined;
    const gated = (title, wrong, gate) => foreach('n', numbers, (n) => n >= wrong, { title, gate });
    gated('warned', 6, { score: { min: 0.8 } });
    gated('worse', isNow ? 20 : 0, isNow ? { vsBaseline: { run: 'mine' } } : {});
    gated('same', 3, isNow ? { vsBaseline: { run: 'mine' } } : {});
    gated('unknown', 0, isNow ? { vsBaseline: { run: 'none' } } : {});
    if (isNow) {
      gated('per-sample', 2, { perSample: { score: 1 } });
      gated('strict', 6, { score: { min: 0.8 }, inconclusive: 'fail' });
    }`),
};

/** Of the three answers one is cut at its limit of tokens. */
const ends = (maxCut: number): string =>
  spec(`
    withClient(['embedded:expert'], (handle) => {
      foreach('n', [1, 2, 3], async (n) => {
        const { text } = await handle.client.generate('What is 60 + 30?', n === 1 ? { maxTokens: 1 } : {});
        return new Result(text);
      }, { title: 'ends', concurrency: 1, gate: { maxCut: ${maxCut} } });
    });
    if (${maxCut} === 0) foreach('n', [1], () => true, { title: 'unreported', gate: { maxEmpty: 0 } });`);

const green = {
  'ends.eval.js': ends(1),
  'retries.eval.js': spec(`
    const tries = {};
    class OpenAIError extends Error {}
    const headers = { 'retry-after-ms': '1' };
    const failing = (status) => Object.assign(new OpenAIError('HTTP ' + status), { status, headers });
    foreach('n', ['busy', 'gone', 'mistaken', 'refused'], (n) => {
      tries[n] = (tries[n] ?? 0) + 1;
      note('retries ' + n);
      if (n === 'busy' && tries[n] < 3) throw failing(429);
      if (n === 'gone') throw failing(503);
      if (n === 'refused') throw failing(400);
      if (n === 'mistaken') throw new TypeError('a mistake');
      return true;
    }, { title: 'retries', gate: { maxErrors: 3 } });`),
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
      test(title + ' told', () => note('slots ' + title + ' ' + most));
    };
    withClient(['noting:x'], () => {
      most('provider', {});
      most('own', { concurrency: 5 });
    });
    most('none', {});`),
  'late.eval.js': spec(`
    foreach('n', ['late', 'quick'], async (n, { signal, log }) => {
      if (n === 'quick') return true;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      note('late aborted: ' + signal.reason.message);
      return true;
    }, { title: 'late', timeoutMs: 50, gate: { maxErrors: 1 } });`),
  'some.eval.js': spec(`
    foreach.only('n', [1], () => { note('some only'); return true; }, { title: 'only' });
    foreach.skip('n', [1], () => { note('some skipped'); return true; }, { title: 'skipped' });
    foreach('n', [1], () => { note('some other'); return true; }, { title: 'other' });
    foreach.todo('later');`),
  'restart.eval.js': spec(`
    let isKilled = false;
    withClient(['command:exec sleep 600'], () => {
      foreach('n', [1, 2, 3, 4, 5], async (n, { client }) => {
        note('restart ' + n);
        if (n === 3 && !isKilled) {
          isKilled = true;
          process.kill(client.pid, 'SIGKILL');
          await client.call();
        }
        return true;
      }, { title: 'restart', concurrency: 1, onLost: 'restartOnce' });
    });`),
  'judged.eval.js': spec(`
    const { judge } = require('jest-model-provider');
    withClient(['embedded:expert'], (grader) => {
      withClient(['embedded:novice'], (handle) => {
        foreach('q', ['What is 1 + 2?'], async (q, { client }) => {
          const right = judge({ client: grader.client, rubric: () => 'What is 2 + 3?', scale: ['4', '5'] });
          const { text } = await client.generate(q);
          note('judged ' + [client === handle.client, client === grader.client].join());
          return new Result(text, await right(text, ''));
        }, { title: 'judged' });
      });
    });`),
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
  'sums.eval.js': spec(`
    withClient(['embedded:novice', 'embedded:expert'], (handle) => {
      foreach('q, a', [['2 + 3', '5'], ['4 + 4', '8']], async ({ q, a }) =>
        new Result((await handle.client.generate(q)).text, exactMatch(a, 'never')), { title: 'sums' });
    });`),
  ...gates,
};

/** An evaluation whose server dies that often, each time at a later sample. */
const dying = (title: string, times: number, options = ''): string =>
  spec(`
    let kills = 0;
    withClient(['command:exec sleep 600; : ${title}'], () => {
      foreach('n', [1, 2, 3, 4, 5], async (n, { client }) => {
        note('${title} ' + n);
        if (n === 3 + kills && kills < ${times}) {
          kills += 1;
          process.kill(client.pid, 'SIGKILL');
          await client.call();
        }
        return true;
      }, { title: '${title}', concurrency: 1, ${options} });
    });`);

/** For a later run of that project: it is red, and needs the logs of the first one. */
const red = {
  ...gates,
  'tampered.eval.js': spec(`
    const { readdirSync, rmSync, truncateSync } = require('node:fs');
    const logOf = (title) => '.evals/now/' + readdirSync('.evals/now').find((name) => name.startsWith(title + '.'));
    const tampering = (title, change) =>
      foreach('n', [1, 2], (n) => {
        if (n === 2) change(logOf(title));
        return true;
      }, { title, concurrency: 1 });
    tampering('deleted', rmSync);
    tampering('emptied', truncateSync);
    foreach('n', [1], () => true, { title: 'forgotten' });
    test('deletes it afterwards', () => rmSync(logOf('forgotten')));`),
  'ends.eval.js': ends(0),
  'dying.eval.js': dying('dying', 1),
  'dying-twice.eval.js': dying('dying-twice', 2, `onLost: 'restartOnce'`),
  'again.eval.js': `
    const { rescore } = require('jest-model-provider');
    const { note } = require('e2e-kit');
    rescore('mine', 'sums', ({ q, a }, response, { model }) => {
      note('again ' + [model, q, a, response].join('|'));
      return response === a;
    }, { title: 'again' });`,
  'nowhere.eval.js': `require('jest-model-provider').rescore('none', 'sums', () => true);`,
};

describe.each(bothModes)('an evaluation, %s', (mode) => {
  let run: JestRun;
  beforeAll(async () => {
    run = await runJest({ ...providers, ...green }, mode, {
      config: withProviders,
      env: { EVALS_RUN: mine },
    });
  });

  let later: JestRun;
  beforeAll(async () => {
    later = await runJest(red, mode, {
      config: withProviders,
      project: run.project,
      env: { EVALS_RUN: 'now', NOW: 'yes' },
      args: [`--testPathPatterns=${Object.keys(red).join('|')}`],
    });
  });

  test('is green where its gate holds and red where it does not, and leaves nothing', () => {
    expect(run).toMatchObject({ exit: 0, left: [] });
    expect(later).toMatchObject({ exit: 1, left: [] });
  });

  test('tries again after infrastructure errors that may pass, and after no others', () => {
    const notes = notesUnder(run, 'retries');
    const tries = ['busy', 'gone', 'mistaken', 'refused'].map(
      (n) => notes.filter((note) => note === n).length,
    );
    expect(tries).toEqual([3, 3, 1, 1]);
    expect(outcome(run, 'retries').status).toBe('passed');
    const log = records(run, 'retries');
    const of = (input: string): unknown => samples(log).find((sample) => sample.input === input);
    expect(of('busy')).toMatchObject({ retried: ['HTTP 429', 'HTTP 429'], scores: [{ value: true }] });
    expect(of('gone')).toMatchObject({
      retried: ['HTTP 503', 'HTTP 503'],
      error: { kind: 'infrastructure' },
    });
    expect(of('mistaken')).toMatchObject({ error: { kind: 'user', message: 'a mistake' } });
    expect(footer(log).summary).toMatchObject({
      errors: 3,
      errorKinds: { infrastructure: 1, user: 2 },
      retries: 4,
    });
  });

  test('has as many samples under way as its provider has slots, or as it says itself', () => {
    expect(notesUnder(run, 'slots').sort()).toEqual(['none 4', 'own 5', 'provider 3']);
  });

  test('voids an answer that comes after its time, and aborts its signal', () => {
    expect(notesUnder(run, 'late')).toEqual(['aborted: took longer than its 50 ms']);
    expect(outcome(run, 'late').status).toBe('passed');
    const late = samples(records(run, 'late')).find(({ input }) => input === 'late');
    expect(late).toMatchObject({
      scores: [],
      error: { kind: 'timeout', message: 'took longer than its 50 ms' },
    });
    expect(run.output).toMatch(/│ late +│ score +│ 2 +│[^\n]*, 1 error, as wrong 50\.0 %/);
  });

  test('can be the only one, be skipped, and be noted for later', () => {
    expect(notesUnder(run, 'some')).toEqual(['only']);
    const statuses = ['only', 'skipped', 'other', 'later'].map((title) => outcome(run, title).status);
    expect(statuses).toEqual(['passed', 'pending', 'pending', 'todo']);
  });

  test('is held to its gate: sample by sample, when it is inconclusive, and against an earlier run', () => {
    expect(outcome(later, 'per-sample').message).toMatch(
      /score: 2 of 40 samples have less than 1: \w+ has 0, \w+ has 0/,
    );
    expect(outcome(run, 'warned').status).toBe('passed');
    expect(run.output).toMatch(
      /The gate of "warned" is inconclusive:\n- score: mean 0\.85, 95 % interval 0\.\d+ to 0\.\d+, n = 40/,
    );
    expect(outcome(later, 'strict').message).toContain('"strict": the gate is inconclusive.');
    expect(outcome(later, 'worse').message).toContain('score against the baseline "mine": difference -0.5');
    expect(outcome(later, 'same').status).toBe('passed');
    expect(outcome(later, 'unknown').message).toContain('baseline "none": it has no log of this evaluation');
  });

  test('restarts a server that died once, if it may, and runs again only what was under way', () => {
    expect(outcome(run, 'command:exec sleep 600 restart').status).toBe('passed');
    expect(notesUnder(run, 'restart')).toEqual(['1', '2', '3', '3', '4', '5']);
    expect(started(run, 'command:')).toHaveLength(2);
    const log = records(run, 'restart');
    expect(log.filter(({ type }) => type === 'restart')).toEqual([
      expect.objectContaining({ reason: expect.stringContaining('SIGKILL') as string }),
    ]);
    expect(footer(log)).toMatchObject({
      status: 'complete',
      summary: { samples: 5, errors: 0, restarts: 1 },
    });
  });

  test('stops where its server died, says so and how much did not run, and logs what was under way as its error', () => {
    expect(started(later, 'command:exec sleep 600; : dying#')).toHaveLength(1);
    const { status, message } = outcome(later, 'command:exec sleep 600; : dying dying');
    expect(status).toBe('failed');
    expect(message).toContain('RESOURCE_LOST');
    expect(message).toContain('"dying" stopped there; 2 trials did not run.');
    const log = records(later, 'dying', 'now');
    expect(samples(log).map(({ input, error }) => [input, error?.kind, error?.code])).toEqual([
      [1, undefined, undefined],
      [2, undefined, undefined],
      [3, 'infrastructure', 'RESOURCE_LOST'],
    ]);
    expect(footer(log)).toMatchObject({ status: 'lost', summary: { errors: 1, notRun: 2, restarts: 0 } });
    expect(later.output).toMatch(/│ dying +│[^\n]*2 not run, its model died/);
  });

  test('starts its server again once and not twice', () => {
    expect(outcome(later, 'command:exec sleep 600; : dying-twice dying-twice').status).toBe('failed');
    expect(started(later, 'command:exec sleep 600; : dying-twice#')).toHaveLength(2);
    expect(notesUnder(later, 'dying-twice')).toEqual(['1', '2', '3', '3', '4']);
    expect(footer(records(later, 'dying-twice', 'now'))).toMatchObject({
      status: 'lost',
      summary: { errors: 1, restarts: 1, notRun: 1 },
    });
  });

  test('is judged by a second model that is leased beside the first, and counts only the calls of its own', () => {
    expect(notesUnder(run, 'judged')).toEqual(['true,false']);
    expect(started(run, 'embedded:')).toEqual(['embedded:expert#1', 'embedded:novice#1']);
    expect(samples(records(run, 'judged'))).toEqual([
      expect.objectContaining({
        scores: [{ name: 'judge', value: true, metadata: { votes: ['5'] } }],
        calls: ['novice', 'expert'].map(
          (name) =>
            expect.objectContaining({
              ...{ resource: `embedded:${name}`, path: '/chat/completions', status: 200 },
              finishReason: 'stop',
            }) as object,
        ),
      }),
    ]);
    expect(footer(records(run, 'judged')).summary.others).toMatchObject({ 'embedded:expert': { calls: 1 } });
    expect(run.output).toMatch(/│ +│ {3}embedded:expert +│ - +│[^\n]*│ calls 1 +│/);
  });

  test('counts answers that were cut and that are empty, and is held to their limits', () => {
    const log = records(run, 'ends');
    expect(samples(log).map(({ calls }) => calls?.[0]?.finishReason)).toEqual(['length', 'stop', 'stop']);
    expect(footer(log).summary.answers).toEqual({ cut: 1, filtered: 0, refused: 0, empty: 0 });
    expect(run.output).toMatch(/│ ends +│ embedded:expert +│ 3 +│[^\n]*│ cut 1 +│/);
    expect(outcome(later, 'embedded:expert ends').message).toContain(
      '1 of 3 samples have an answer that was cut at its limit of tokens, at most 0 allowed',
    );
    expect(outcome(later, 'unreported').message).toContain('maxEmpty: no call of the model was reported');
  });

  test('counts streamed answers as it does others, and those that are broken off as far as they came', () => {
    const [whole, streamed, broken] = samples(records(run, 'streamed'));
    expect(streamed!.response).toBe(whole!.response);
    for (const { calls } of [whole!, streamed!, broken!])
      expect(calls).toEqual([expect.objectContaining({ ms: expect.any(Number) as number })]);
    expect(whole!.calls![0]!.usage!.completionTokens).toBeGreaterThan(0);
    expect(streamed!.calls![0]!.usage).toEqual(whole!.calls![0]!.usage);
    expect(broken!.calls![0]).not.toHaveProperty('usage');
    expect(broken!.calls![0]).not.toHaveProperty('finishReason');
  });

  test('is red where its log is deleted or emptied meanwhile, and a log that is gone later makes the run red', () => {
    expect(outcome(later, 'deleted')).toMatchObject({ status: 'failed' });
    expect(outcome(later, 'deleted').message).toMatch(/The log .* was deleted while the evaluation went on/);
    expect(outcome(later, 'emptied').message).toMatch(
      /The log .* was shortened, from \d+ to \d+ bytes, while/,
    );
    expect(outcome(later, 'forgotten').status).toBe('passed');
    expect(later.output).toMatch(
      /Logs that cannot be read[^\n]*\n(- The log [^\n]*(deleted|emptied|forgotten)\.\w+\.jsonl[^\n]*\n){3}/,
    );
    expect(later.output).toMatch(/3 of the \d+ logs of this run cannot be read/);
  });

  test('judges stored answers anew, without any model', () => {
    const statuses = ['novice', 'expert'].map((model) => outcome(later, `embedded:${model} again`).status);
    expect(statuses).toEqual(['passed', 'passed']);
    // For the evaluation of the ends alone.
    expect(started(later, 'embedded:')).toEqual(['embedded:expert#1']);
    const notes = notesUnder(later, 'again');
    const [stored] = samples(records(run, 'sums'));
    expect(notes).toHaveLength(4);
    expect(notes.some((line) => line.endsWith(`|${stored?.response ?? 'nothing'}`))).toBe(true);
    expect(samples(records(later, 'again', 'now'))).toHaveLength(2);
    const unknown = outcome(later, 'nowhere.eval.js');
    expect(unknown).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('EVAL_INVALID') as string,
    });
  });
});

// What follows it in its file is there when it goes on.
const long = {
  'long.eval.js': spec(`
    const goesOn = process.env.GO !== undefined;
    foreach('n', Array.from({ length: 12 }, (_, n) => n), async (n, { signal }) => {
      note('begin ' + n);
      if (n === 3 && !goesOn) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        note('aborted ' + n);
      }
      if (n > 3 && !goesOn) {
        await noted('interrupted');
        // Long enough that it is heard of, and well within what samples under way have left.
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      return true;
    }, { title: 'long', concurrency: 2 });
    if (goesOn)
      foreach('n', Array.from({ length: 300 }, (_, n) => n), async (n) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (n === 150) throw new Error('one');
        return true;
      }, { title: 'live', concurrency: 1, gate: { maxErrors: 1 } });`),
};

describe.each(bothModes)('an evaluation that is interrupted and goes on, %s', (mode) => {
  const numbers = Array.from({ length: 12 }, (_, n) => n);
  const begun = (run: JestRun): number[] => notesUnder(run, 'begin').map(Number);
  const inOrder = (list: readonly number[]): number[] => list.toSorted((a, b) => a - b);

  let first: JestRun;
  let name: string;
  let interrupted: LogRecord[];
  let ended: number[];
  beforeAll(async () => {
    const running = startJest(long, mode);
    await running.noted('begin 4');
    process.kill(-running.pid, 'SIGINT');
    running.note('interrupted');
    first = await running.finished();
    name = /to go on with the evaluations: EVALS_RUN=(\S+) npx jest .*\n/.exec(first.output)?.[1] ?? '';
    interrupted = records(first, 'long', name);
    ended = samples(interrupted).map(({ input }) => Number(input));
  });

  let second: JestRun;
  beforeAll(async () => {
    const env = { EVALS_RUN: name, GO: 'on', CI: '' };
    second = await runJest({}, mode, { project: first.project, terminal: true, env });
  });

  test('voids on Ctrl-C what does not end in time, and runs it when it goes on', () => {
    expect(first).toMatchObject({ exit: 130, left: [] });
    expect(notesUnder(first, 'aborted')).toEqual(['3']);
    expect(inOrder(ended)).toEqual(begun(first).filter((n) => n !== 3));
    expect(footer(interrupted)).toMatchObject({
      status: 'interrupted',
      summary: { samples: ended.length, errors: 0, notRun: 12 - ended.length },
    });
    expect(second).toMatchObject({ exit: 0, left: [] });
    expect(begun(second)).toContain(3);
    expect(notesUnder(second, 'aborted')).toEqual([]);
  });

  test('lets what is under way end on Ctrl-C, writes its footer, and says the command that goes on where it was', () => {
    expect(ended).toContain(4);
    expect(begun(first).length).toBeLessThan(12);
    expect(footer(interrupted)).toMatchObject({ type: 'footer', status: 'interrupted' });
    expect(inOrder([...ended, ...begun(second)])).toEqual(numbers);
    expect(footer(records(second, 'long', name))).toMatchObject({
      status: 'complete',
      summary: { samples: 12, errors: 0 },
    });
  });

  test('says on a terminal how far it is, and no more than ten times a second', () => {
    const said = [...second.output.matchAll(/\r\p{Cc}\[Klive \d+\/300(, 1 error)?/gu)];
    const [{ at: begin }, ...log] = records(second, 'live', name) as [HeaderRecord, ...LogRecord[]];
    const tookMs = Date.parse(footer(log).at) - Date.parse(begin);
    expect(said.length).toBeGreaterThan(3);
    expect(said.length).toBeLessThanOrEqual(2 + tookMs / 100);
    expect(said.some(([, error]) => error !== undefined)).toBe(true);
  });
});
