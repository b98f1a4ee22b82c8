import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunReport } from '../../src/report/run-report';
import { mine, started } from '../support/eval-logs';
import { bothModes, runJest, type JestRun } from '../e2e/run-jest';
import { describeWithLlamaServer, modelFile } from './llama-server';

/** Whole answers, streamed ones, and those of an application in another process. */
const spec = (model: string): string => `
  const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');
  const { execFile } = require('node:child_process');
  const { promisify } = require('node:util');
  const dataset = Array.from({ length: 12 }, (_, n) => ({ question: 'What is ' + n + ' + ' + 3 * n + '?', answer: String(4 * n) }));
  const python = 'import json, os, sys, urllib.request as u; print(json.load(u.urlopen(u.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", data=json.dumps({"max_tokens": 8, "temperature": 0, "messages": [{"role": "user", "content": sys.argv[1]}]}).encode(), headers={"content-type": "application/json"})))["choices"][0]["message"]["content"])';
  withClient([${JSON.stringify(model)}], (handle) => {
    foreach('question, answer', dataset, async ({ question, answer }, { client, env }) => {
      const options = { temperature: 0, maxTokens: 8 };
      const { text } = await client.generate(question, options);
      let streamed = '';
      for await (const piece of client.stream(question, options)) streamed += piece;
      const { stdout } = await promisify(execFile)('python3', ['-c', python, question], { env: { ...process.env, ...env } });
      return new Result([text, streamed, stdout.trim()].join('|'), exactMatch(text, answer));
    }, { title: 'sums', gate: { exactMatch: { min: 0.01 } } });
    test('a plain test', async () => {
      expect((await handle.client.generate('1 + 2', { maxTokens: 4, temperature: 0 })).text).not.toBe('');
    });
  });`;

describeWithLlamaServer('what llama-server has answered is replayed without it', (command) => {
  test.each(bothModes)('%s: the same summary, and nothing is started', async (mode) => {
    const engine = mkdtempSync(join(tmpdir(), 'engine-'));
    const [binary, weights] = [join(engine, 'llama-server'), join(engine, 'expert.gguf')];
    writeFileSync(binary, `#!/bin/sh\nexec '${command}' "$@"\n`, { mode: 0o755 });
    copyFileSync(modelFile('expert'), weights);
    const env = { LLAMA_SERVER: binary };
    const recorded = await runJest({ 'sums.eval.js': spec(`llama:${weights}`) }, mode, {
      env: { ...env, EVALS_RUN: mine, EVALS_RECORDINGS: 'record' },
    });
    expect({ exit: recorded.exit, left: recorded.left }).toEqual({ exit: 0, left: [] });
    rmSync(engine, { recursive: true });
    const { project, state } = recorded;
    const replayed = await runJest({}, mode, {
      ...{ project, state },
      env: { ...env, EVALS_RUN: 'replayed', EVALS_RECORDINGS: 'replay' },
    });
    expect({ exit: replayed.exit, left: replayed.left }).toEqual({ exit: 0, left: [] });
    expect(replayed.tests.map(({ status }) => status)).toEqual(['passed', 'passed']);
    expect([started(recorded).length, started(replayed).length]).toEqual([1, 0]);
    expect(summaryOf(replayed, 'replayed')).toEqual(summaryOf(recorded, mine));
  });
});

/** What a run has found, without what took time. */
function summaryOf({ project }: JestRun, run: string): unknown {
  const path = join(project, '.evals', run, 'summary.json');
  const { evaluations } = JSON.parse(readFileSync(path, 'utf8')) as RunReport;
  return evaluations.map(({ title, model, status, gate, summary }) => {
    const { samples, trials, errors, scores, promptTokens, completionTokens, answers } = summary;
    const found = { samples, trials, errors, scores, promptTokens, completionTokens, answers };
    return { title, model, status, gate, ...found };
  });
}
