import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunReport } from '../../src/report/run-report';
import { completion, fakeEndpoint, json } from '../fixtures/fake-endpoint';
import { footer, logPath, notesUnder, records, samples } from '../support/eval-logs';
import { outcome, spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';

const endpoint = fakeEndpoint();
const program = join(__dirname, '../../dist/src/cli/main.js');
const usage = { prompt_tokens: 70, completion_tokens: 30, total_tokens: 100 };

// What is judged is the same in all runs; the gate is none of what recordings depend on.
const files = {
  'providers.js': `
    const { defineProviders, OpenAICompatibleProvider } = require('jest-model-provider');
    module.exports = defineProviders({ fake: new OpenAICompatibleProvider({ baseURL: process.env.FAKE_URL }) });`,
  'sums.eval.js': spec(`
    const vsBaseline = process.env.BASELINE && { run: process.env.BASELINE };
    const judged = (title, gate) => foreach('n', [1, 2, 3], async (n, context) => {
      const { text } = await context.client.generate('What is ' + n + '?');
      note(title + ' ' + JSON.stringify(context.calls.map(({ replayed }) => replayed ?? 'live')));
      return new Result(text, exactMatch(text, 'right'));
    }, { title, concurrency: 1, gate });
    withClient(['fake:one', 'fake:other'], () => {
      judged('refused', { vsBaseline });
      judged('allowed', { vsBaseline: vsBaseline && { ...vsBaseline, allowReplayed: true } });
    });`),
};

const judging = {
  'judged.eval.js': `
    require('jest-model-provider').rescore('replayed', 'allowed', (row, response) => response === 'right');`,
};

const price = { input: 1, output: 10 };
const prices = { 'fake:one': price, 'fake:other': price };

describe.each(bothModes)('replayed runs, %s', (mode) => {
  let live: JestRun;
  let mixed: JestRun;
  let replayed: JestRun;

  const run = (name: string, env: Record<string, string>, evals = {}, file = 'sums'): Promise<JestRun> =>
    runJest(live === undefined ? { ...files, ...judging } : {}, mode, {
      args: ['--testPathPatterns', file],
      ...(live !== undefined && { project: live.project, state: live.state }),
      config: { testEnvironmentOptions: { modelProviders: './providers.js', evals: { prices, ...evals } } },
      env: {
        FAKE_URL: endpoint.baseURL,
        OPENAI_API_KEY: 'fake',
        CI: '',
        EVALS_RUN: name,
        GITHUB_STEP_SUMMARY: 'page.md',
        ...env,
      },
    });
  const summaryOf = (name: string): RunReport =>
    JSON.parse(readFileSync(join(live.project, '.evals', name, 'summary.json'), 'utf8')) as RunReport;
  const tool = (...args: string[]): { exit: number | null; out: string } => {
    const { status, stdout } = spawnSync(process.execPath, [program, ...args], {
      ...{ cwd: live.project, encoding: 'utf8' },
    });
    return { exit: status, out: stdout };
  };

  beforeAll(async () => {
    endpoint.answer(json(200, completion('right', { usage })));
    live = await run('live', { EVALS_RECORDINGS: 'record', EVALS_MODELS: 'fake:one' });
    mixed = await run('mixed', { EVALS_RECORDINGS: 'auto' });
    const offline = { FAKE_URL: 'http://127.0.0.1:9/v1', EVALS_RECORDINGS: 'replay', BASELINE: 'live' };
    replayed = await run('replayed', offline, { tables: false, report: false });
  });

  test('a live run is not marked', () => {
    expect(live.exit).toBe(0);
    expect(live.output).not.toContain('eplayed');
    expect(new Set(notesUnder(live, 'refused'))).toEqual(new Set(['["live"]']));
  });

  test('a run with some recorded answers says how many, and compares no live model with a replayed one', () => {
    expect(mixed.exit).toBe(0);
    expect(mixed.output).toContain(
      'Replayed: 6 of 12 calls have recorded answers (EVALS_RECORDINGS); times and costs are those of the others.',
    );
    expect(mixed.output).toMatch(
      /│ refused +│ exactMatch +│ 3 +│ 100\.0 % \([^│]+\), replayed +│ 100\.0 % \([^│,]+\) +│/,
    );
    expect(mixed.output).toContain(
      'Not compared:\n- refused: the answers of fake:one are recorded ones, and those of fake:other are not: have all replayed, or none, or allow it with compare --allow-replayed\n- allowed: ',
    );
    expect(summaryOf('mixed').differences).toEqual([]);
    expect(tool('compare', 'mixed', '--allow-replayed').out).toMatch(
      /│ fake:one − fake:other │[^]*\n- refused: compared though the answers of fake:one are recorded ones/,
    );
  });

  test('recorded answers are in no time, and their tokens count', () => {
    const of = (model: string): object | undefined =>
      summaryOf('mixed').evaluations.find((found) => found.title === 'refused' && found.model === model)
        ?.summary;
    expect(of('fake:one')).toMatchObject({
      ...{ replayed: 3, durationMs: null, latencyMs: null, tokensPerSecond: null },
      ...{ promptTokens: 210, completionTokens: 90, answers: { cut: 0 } },
      cost: { amount: 0, wouldBe: 0.00111 },
    });
    expect(of('fake:one')).not.toHaveProperty('costPerSample');
    expect(of('fake:other')).toMatchObject({
      ...{
        durationMs: { p50: expect.any(Number) as number },
        latencyMs: { p50: expect.any(Number) as number },
      },
      ...{ tokensPerSecond: expect.any(Number) as number, cost: { amount: 0.00111 } },
    });
    expect(of('fake:other')).not.toHaveProperty('replayed');
  });

  test('a call with a recorded answer is marked in the log, its transcript and the sample itself', () => {
    expect(new Set(notesUnder(replayed, 'refused'))).toEqual(new Set(['[true]']));
    const log = records(replayed, 'refused', 'replayed');
    expect(samples(log)).toHaveLength(3);
    for (const { calls } of samples(log)) expect(calls).toMatchObject([{ replayed: true, cost: 0 }]);
    const transcripts = logPath(replayed, 'refused', 'replayed').replace(/\.jsonl$/, '.calls.ndjson');
    const [, ...trials] = readFileSync(transcripts, 'utf8').trim().split('\n');
    for (const line of trials) expect(JSON.parse(line)).toMatchObject({ calls: [{ replayed: true }] });
  });

  test('a live run is no bar of a replayed one, unless the gate allows it', () => {
    expect(replayed.exit).toBe(1);
    expect(outcome(replayed, 'fake:one refused')).toMatchObject({ status: 'failed' });
    expect(outcome(replayed, 'fake:one refused').message).toContain(
      '"refused": the gate is not passed, judged on recorded answers.\nbaseline "live": its answers are live, and those of this run are recorded ones: name a run whose answers are recorded ones, or allow it with allowReplayed: true',
    );
    expect(outcome(replayed, 'fake:one allowed')).toMatchObject({ status: 'passed' });
  });

  test('without tables a run says what is none, and its summary has all', () => {
    expect(replayed.output).not.toMatch(/[│┌]/);
    expect(replayed.output).toMatch(
      /\nReplayed: 12 of 12 calls [^]*\nThe gate of "refused", fake:one, is not passed, judged on recorded answers:\n[^]*\nLogs: \.evals\/replayed, to be continued/,
    );
    expect(summaryOf('replayed')).toMatchObject({
      evaluations: Array.from({ length: 4 }, () => ({ summary: { replayed: 3 } })),
      differences: Array.from({ length: 2 }, () => ({ n: 3 })),
    });
    expect(footer(records(replayed, 'allowed', 'replayed')).summary.replayed).toBe(3);
  });

  test('without a report nothing is added to the page of the job', () => {
    const page = readFileSync(join(live.project, 'page.md'), 'utf8');
    const runs = [...page.matchAll(/^## Evaluations of (\w+)/gm)].map(([, name]) => name);
    expect(runs.slice(0, 2)).toEqual(['live', 'mixed']);
    expect(runs).not.toContain('replayed');
  });

  test('recorded answers that are judged again are marked as they were', async () => {
    const judged = await run('judged', {}, {}, 'judged');
    expect(judged.output).toContain(
      '\nReplayed: answers that were judged again are recorded ones (EVALS_RECORDINGS).\n',
    );
    expect(judged.output).toMatch(/100\.0 % \([^│]+\), replayed/);
    expect(summaryOf('judged')).toMatchObject({
      evaluations: Array.from({ length: 2 }, () => ({ summary: { replayedAnswers: 3 } })),
    });
  });

  test('a live run is not compared with a replayed one, unless that is allowed', () => {
    const { exit, out } = tool('compare', 'live', 'replayed');
    expect(exit).toBe(0);
    expect(out).toContain('Nothing to compare.');
    expect(out).toContain(
      '- refused, fake:one: the answers of replayed are recorded ones, and those of live are not',
    );
    const allowed = tool('compare', 'live', 'replayed', '--allow-replayed').out;
    expect(allowed).toMatch(/│ refused, fake:one +│ exactMatch +│ replayed − live +│ 0\.0 % /);
    expect(allowed).toContain(
      '- refused, fake:one: compared though the answers of replayed are recorded ones',
    );
  });
});
