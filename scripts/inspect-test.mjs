// npm run test:inspect: runs the examples, exports them in the log format of inspect-ai, and lets the real
// package read them.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Checks } from './checks.mjs';

const version = '0.3.285';
const installMs = 900_000;
// Half of a letter, no letter, control characters, markup, formulas, a letter of more than 16 bits, nothing.
const hostile = [
  ...['\ud800', '\udfff\ud800', '\uffff\ufffe', '\0\u0001\u001b[31m\u007f\u0085', '\u2028\u202e'],
  ...['</script><img src=x>', '=1+1\n=1+1', '\\ud800', '"\\\ud800', '😀', ''],
];
const repository = fileURLToPath(new URL('..', import.meta.url));
const name = `inspect-${process.pid}`;
const run = join(repository, 'examples', '.evals', name);
const temporary = mkdtempSync(join(tmpdir(), 'inspect-'));
const examples = join(temporary, 'examples');
const checks = new Checks();
const execute = promisify(execFile);

try {
  const python = await findPython();
  if (python !== undefined) await compareWith(python);
} finally {
  rmSync(temporary, { recursive: true, force: true });
  rmSync(run, { recursive: true, force: true });
}
checks.finish();

async function compareWith(python) {
  await checks.check('the examples leave logs', () =>
    execute('npm', ['run', '--silent', 'eval'], {
      cwd: repository,
      env: { ...process.env, EVALS_RUN: name },
    }),
  );
  const tool = [join(repository, 'dist/src/cli/main.js')];
  await checks.check('export --format inspect', () =>
    execute(process.execPath, [...tool, 'export', run, '--format', 'inspect', '--output', examples]),
  );
  await checks.check(`inspect-ai ${version} reads texts that are hostile or no text at all`, async () => {
    const [folder, exported] = ['hostile', 'hostile-exported'].map((path) => join(temporary, path));
    writeHostileLog(folder);
    await execute(process.execPath, [
      ...[...tool, 'export', folder, '--format', 'inspect'],
      ...['--output', exported],
    ]);
    const read = await execute(python, [join(repository, 'scripts/read-inspect-logs.py'), exported], {
      env: quiet(),
    });
    const [log] = JSON.parse(read.stdout);
    if (log?.samples !== hostile.length || log.errors !== 1 || log.calls !== hostile.length)
      throw new Error(`read ${read.stdout} of ${hostile.length} samples`);
  });
  await checks.check(`inspect-ai ${version} reads what the run found`, async () => {
    const [ours, theirs] = await Promise.all([
      execute(process.execPath, [...tool, 'show', run, '--json']),
      execute(python, [join(repository, 'scripts/read-inspect-logs.py'), examples], { env: quiet() }),
    ]);
    const expected = JSON.parse(ours.stdout).evaluations.map(({ title, model, summary, log }) => ({
      task: title,
      label: model,
      status: 'success',
      samples: summary.trials,
      errors: Object.values(summary.errorKinds).reduce((sum, count) => sum + count, 0),
      ...callsIn(log),
      means: Object.fromEntries(summary.scores.map((score) => [score.name, score.mean])),
    }));
    const [wanted, got] = [expected, JSON.parse(theirs.stdout)].map(sorted);
    if (wanted !== got || expected.length === 0) throw new Error(`Expected ${wanted}\ngot ${got}`);
  });
}

/** A log with one sample for each hostile text, which stands wherever a text may stand. */
function writeHostileLog(folder) {
  mkdirSync(folder);
  const header = {
    ...{ type: 'header', schema: 2, run: 'hostile', at: '2026-01-01T00:00:00.000Z', file: 'a.js' },
    ...{ title: hostile.join(''), name: 'a', model: 'm\ud800', spec: null, config: null, code: 'c' },
    ...{ identity: null, resource: null, git: null, seed: 1, packages: {}, options: {} },
    dataset: { name: '\uffff', hash: null },
  };
  const samples = hostile.map((text, index) => ({
    ...{ type: 'sample', id: `${index}${text}`, trial: 0, index, input: { [text]: text }, response: text },
    scores: index === 0 ? [] : [{ name: 'x', value: true, metadata: { [text]: text } }],
    ...{ at: 0, durationMs: 1, log: { [text]: text }, location: text },
    ...(index === 0 && { error: { kind: 'user', message: text } }),
    calls: [{ resource: 'm\ud800', ms: 1, finishReason: text || 'stop', reasoning: text }],
  }));
  const lines = [header, ...samples].map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(join(folder, 'log.jsonl'), lines.join(''));
  const trials = samples.map(({ id, trial, at }, index) => ({
    ...{ type: 'trial', id, trial, at },
    ...hostileCalls(hostile[index]),
  }));
  const transcripts = [{ type: 'transcripts', schema: 1, run: 'hostile', at: header.at }, ...trials];
  writeFileSync(
    join(folder, 'log.calls.ndjson'),
    transcripts.map((line) => `${JSON.stringify(line)}\n`).join(''),
  );
}

/** A call with a message of each role and a part of each type, each with that text wherever a text may stand. */
function hostileCalls(text) {
  const other = { type: 'other', json: { [text]: text } };
  const parts = [
    ...['text', 'reasoning', 'refusal'].map((type) => ({ type, text, cut: 1 })),
    { type: 'toolCall', id: text, name: text, arguments: text },
    { type: 'toolCall', name: text, arguments: JSON.stringify({ [text]: text }) },
    { type: 'toolResult', id: text, name: text, isError: true, parts: [{ type: 'text', text }, other] },
    ...[
      { type: 'image', mediaType: text, url: text },
      { type: 'embedding', dimensions: 1, sha256: text, bytes: 1 },
    ],
    ...[other, { type: text }],
  ];
  const roles = ['system', 'developer', 'user', 'assistant', 'tool', 'unknown', text];
  const parameters = {
    type: text,
    properties: { [text]: { type: text, description: text, enum: 7 } },
    required: [text],
  };
  const call = {
    ...{
      resource: text,
      at: 0,
      ms: 1,
      path: text,
      error: text,
      model: text,
      answeredBy: text,
      finishReason: text,
    },
    ...{ messages: roles.map((_, index) => index), tools: [0, 1], answer: 0, otherAnswers: [1] },
    options: { temperature: text, max_tokens: 0.5, seed: 1, [text]: text },
  };
  return {
    messages: roles.map((role) => ({ role, parts })),
    tools: [
      { name: text, description: text, parameters },
      { name: text, parameters: text },
    ],
    calls: [call],
  };
}

/** How many calls the log of an evaluation has, and their tokens. */
function callsIn(log) {
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  const calls = lines.map((line) => JSON.parse(line)).flatMap((record) => record.calls ?? []);
  const tokens = calls.map(({ usage }) => (usage?.promptTokens ?? 0) + (usage?.completionTokens ?? 0));
  return { calls: calls.length, tokens: tokens.reduce((sum, count) => sum + count, 0) };
}

function sorted(logs) {
  const rounded = logs.map(({ means, ...log }) => ({
    ...log,
    means: Object.entries(means)
      .map(([score, mean]) => `${score} ${mean.toFixed(9)}`)
      .sort(),
  }));
  const fields = ['task', 'label', 'status', 'samples', 'errors', 'calls', 'tokens', 'means'];
  return JSON.stringify(rounded.map((log) => fields.map((field) => log[field])).sort());
}

/** A Python that has inspect-ai: an environment of its own, kept outside the repository for the next time. */
async function findPython() {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'jest-model-provider');
  const directory = join(cache, `inspect-ai-${version}`);
  const python = join(directory, 'bin', 'python');
  if (existsSync(python)) return python;
  const draft = join(cache, `inspect-ai-${process.pid}`);
  mkdirSync(cache, { recursive: true });
  try {
    await execute('python3', ['-m', 'venv', draft]);
    const flags = ['--quiet', '--disable-pip-version-check', '--only-binary', ':all:'];
    const pip = ['-m', 'pip', 'install', ...flags, `inspect-ai==${version}`];
    await execute(join(draft, 'bin', 'python'), pip, { timeout: installMs });
    if (!existsSync(python)) renameSync(draft, directory);
    return python;
  } catch (error) {
    checks.skip('inspect-ai', `it cannot be installed: ${String(error.stderr || error.message).trim()}`);
    return undefined;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function quiet() {
  return { ...process.env, INSPECT_LOG_LEVEL: 'error' };
}
