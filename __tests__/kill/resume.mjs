// Kills evaluations by SIGKILL at random moments, continues them, and holds each against an unbroken run: no
// finished sample is lost or run twice, nothing in the logs is rewritten, and the summaries are the same.
// `npm run test:resume` runs it.
//
//   RESUME_SEED     the seed of all draws; printed, random if not given
//   RESUME_TRIALS   how many runs are killed, 50 if not given
//   RESUME_JOBS     trials at a time, 2 if not given
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { leftBehind, processesOf } from '../support/left-behind.cjs';
import { modes } from './kinds.mjs';
import { pick, seededRandom } from './random.mjs';
import { someAtATime } from './some-at-a-time.mjs';

if (process.platform !== 'linux') {
  console.log('The trials find processes in /proc, which only Linux has: skipped.\n0 passed, 0 failed');
  process.exit(0);
}

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const project = join(import.meta.dirname, 'resume-project');
const evals = join(project, '.evals');
const deadlineMs = 60_000;
// Times, and where the samples came from: the rest of a summary is the same in every run.
const differing = ['durationMs', 'latencyMs', 'tokensPerSecond', 'reused'];

const seed = Number(process.env.RESUME_SEED ?? Math.floor(Math.random() * 2 ** 31));
const trials = Number(process.env.RESUME_TRIALS ?? 50);
const jobs = Number(process.env.RESUME_JOBS ?? 2);
const random = seededRandom(seed);
const start = performance.now();
console.log(`Seed ${seed}: repeat with RESUME_SEED=${seed} npm run test:resume`);

const root = mkdtempSync(join(tmpdir(), 'rt-'));
const runNames = new Set();
const counts = { failed: 0, torn: 0, finished: 0, runAfter: 0 };
try {
  const unbroken = {};
  // The first run of each mode fills Jest's cache; its times are no measure.
  await someAtATime(jobs, [...modes, ...modes], async (mode) => (unbroken[mode] = await measure(mode)));
  await someAtATime(jobs, Array.from({ length: trials }, drawn), (plan) => trial(plan, unbroken));
} finally {
  for (const name of runNames) rmSync(join(evals, name), { recursive: true, force: true });
  if (existsSync(evals) && readdirSync(evals).every((name) => name === '.gitignore'))
    rmSync(evals, { recursive: true });
  rmSync(root, { recursive: true, force: true });
}
const minutes = ((performance.now() - start) / 60_000).toFixed(1);
const { finished, runAfter, torn } = counts;
console.log(
  `${trials} trials in ${minutes} min: ${finished} samples were finished before a kill, ${runAfter} ran after it; ${torn} logs had a torn line`,
);
console.log(`${trials - counts.failed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed > 0 ? 1 : 0;

/** An unbroken run: what it found, when its first log was there, and when it ended. */
async function measure(mode) {
  const run = startRun(`unbroken-${process.pid}-${runNames.size}`, mode);
  while (run.exit === undefined && logsOf(run).length === 0) await sleep(5);
  const firstMs = performance.now() - run.startedAt;
  await run.ended;
  if (run.exit !== 0) throw new Error(`The unbroken run failed:\n${run.output()}`);
  return { firstMs, ms: performance.now() - run.startedAt, found: foundBy(run) };
}

function drawn(_, index) {
  return { number: index + 1, mode: pick(random, modes), moment: random(), all: random() < 0.5 };
}

async function trial({ number, mode, moment, all }, unbroken) {
  const { firstMs, ms, found } = unbroken[mode];
  const atMs = firstMs + moment * (1.05 * ms - firstMs);
  const name = `killed-${process.pid}-${number}`;

  const run = startRun(name, mode);
  await Promise.race([sleep(atMs), run.ended]);
  const wasRunning = run.exit === undefined;
  await kill(run, all);
  const before = new Map(logsOf(run).map((path) => [path, readFileSync(path)]));

  const next = startRun(name, mode);
  await next.ended;
  const problems = next.exit === 0 ? [] : [`the continued run ended with ${next.exit}:\n${next.output()}`];
  problems.push(...kept(before, next), ...leftBehind(next).map((what) => `left: ${what}`));
  if (JSON.stringify(foundBy(next)) !== JSON.stringify(found))
    problems.push(`found ${JSON.stringify(foundBy(next))}\ninstead of ${JSON.stringify(found)}`);

  if (problems.length > 0) counts.failed += 1;
  const verdict = problems.length === 0 ? 'ok' : 'FAILED';
  const what = all ? 'all processes' : 'main';
  console.log(
    `${number}/${trials} ${verdict} ${mode}: SIGKILL of ${what} at ${Math.round(atMs)} ms${wasRunning ? '' : ' (after its end)'}`,
  );
  if (problems.length > 0) console.log(problems.join('\n'));
}

function startRun(name, mode) {
  runNames.add(name);
  const directory = mkdtempSync(join(root, 'r-'));
  const [temporary, state] = ['t', 's'].map((place) => join(directory, place));
  for (const path of [temporary, state]) mkdirSync(path);
  const notes = join(directory, 'notes');
  writeFileSync(notes, '');
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, TMPDIR: temporary, XDG_STATE_HOME: state, RESUME_NOTES: notes, EVALS_RUN: name };
  const flags = [...mode.split(' '), '--cacheDirectory', join(root, 'cache')];
  const main = spawn(process.execPath, [jest, ...flags], {
    cwd: project,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [main.stdout, main.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const run = { main, notes, temporary, state, directory: join(evals, name), output: () => output };
  run.startedAt = performance.now();
  run.ended = once(main, 'close').then(([code, signal]) => (run.exit = code ?? signal));
  return run;
}

/** Kills main, or all processes of the run at once, and waits until none is left. */
async function kill(run, all) {
  const strike = (pid) => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  };
  if (run.exit === undefined) strike(run.main.pid);
  const deadline = performance.now() + deadlineMs;
  for (let found = processesOf(run.temporary); found.length > 0; found = processesOf(run.temporary)) {
    if (all) for (const { pid } of found) strike(pid);
    if (performance.now() > deadline) throw new Error(`After the kill there is still ${found[0].command}`);
    await sleep(10);
  }
  await run.ended;
}

/** What must not have happened to the logs that the kill left. */
function kept(before, run) {
  const ran = readFileSync(run.notes, 'utf8').split('\n').slice(0, -1);
  counts.runAfter += ran.length;
  return [...before].flatMap(([path, bytes]) => {
    const complete = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
    if (complete.length < bytes.length) counts.torn += 1;
    const now = readFileSync(path);
    if (!now.subarray(0, complete.length).equals(complete)) return [`${path} was rewritten`];
    const lines = recordsOf(complete);
    const model = lines[0]?.model ?? '';
    const names = lines.filter(({ type }) => type === 'sample').map((line) => nameOf(line, model));
    counts.finished += names.length;
    const again = names.filter((name) => ran.includes(name));
    const all = recordsOf(now).filter(({ type }) => type === 'sample');
    const keys = all.map((line) => nameOf(line, model));
    return [
      ...again.map((name) => `${name} was finished, and ran again`),
      ...names.filter((name) => !keys.includes(name)).map((name) => `${name} is lost`),
      ...(new Set(keys).size === keys.length ? [] : [`${path} has a sample twice`]),
    ];
  });
}

function nameOf({ id, trial }, model) {
  return model === '' ? `${id}/${trial}` : `${id}/${trial} ${model}`;
}

function logsOf({ directory }) {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => name.endsWith('.jsonl'));
  return names.sort().map((name) => join(directory, name));
}

function recordsOf(bytes) {
  const lines = bytes.toString('utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

/** The summaries of a run, without what differs from run to run. */
function foundBy(run) {
  return logsOf(run).map((path) => {
    const footer = recordsOf(readFileSync(path)).at(-1);
    const summary = Object.entries(footer?.summary ?? {}).filter(([name]) => !differing.includes(name));
    return { name: path.slice(run.directory.length), status: footer?.status, gate: footer?.gate, summary };
  });
}
