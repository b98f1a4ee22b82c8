import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killProcessesOf, processesOf } from '../support/left-behind.cjs';
import { kill, kinds, strike, targetsOf } from './kinds.mjs';
import { processesByRole } from './processes-by-role.mjs';

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const project = join(import.meta.dirname, 'project');
const testCount = 6;
const trialPrefix = 'kt-';
const deadlineMs = 60_000;
// A worker or a guardian that does not exist yet is waited for, and killed within so many milliseconds.
const youngMs = 300;
// Who does more than to wait for its end, and comes to its own.
const goOn = ['main', 'guardian', 'worker'];
const againMs = 15_000;
/** In block.cjs. */
const blockingCommand = 'sleep 3600';

/**
 * Runs the project once and kills it at `atMs` after the start, or lets it end by itself if `kind` is
 * undefined.
 *
 * @returns what was seen; `problems` is empty if the run kept every promise.
 */
export async function runTrial({ kind, mode, model, atMs = Infinity, random, way }) {
  const run = startRun(mode, model, way);
  const seen = {
    kind,
    mode,
    model,
    atMs,
    phase: 'never',
    problems: [],
    hadLeft: false,
    sweptClean: undefined,
  };
  try {
    if (kind !== undefined) await killAt(run, seen, random);
    await settle(run, kind);
    seen.exit = run.exit;
    seen.ms = run.endedAt - run.startedAt;
    seen.problems.push(...wrongEnd(run, seen), ...(await whatHoldsMain(run)));
    await checkLeft(run, seen);
    if (seen.problems.length > 0) seen.output = readFileSync(run.log, 'utf8');
    return seen;
  } finally {
    killProcessesOf(run.temporary);
    rmSync(run.directory, { recursive: true, force: true });
  }
}

function startRun(mode, model, way) {
  const directory = mkdtempSync(join(tmpdir(), trialPrefix));
  const [temporary, state, cache, blocked] = ['t', 's', 'c', 'b'].map((name) => join(directory, name));
  for (const path of [temporary, state, cache, blocked]) mkdirSync(path);
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, TMPDIR: temporary, XDG_STATE_HOME: state, KILL_MODEL: model };
  const blocking = way === undefined ? [] : ['--require', join(import.meta.dirname, 'block.cjs')];
  if (way !== undefined) Object.assign(env, { KILL_BLOCKED: blocked, KILL_WAY: way });
  const log = join(directory, 'output.txt');
  const output = openSync(log, 'w');
  const result = join(directory, 'result.json');
  const flags = [...mode.split(' '), '--json', '--outputFile', result, '--cacheDirectory', cache];
  const main = spawn(process.execPath, [...reporting(directory), ...blocking, jest, ...flags], {
    cwd: project,
    env,
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const run = { main, env, directory, temporary, blocked, log, result, ports: new Set() };
  run.sessions = join(state, 'jest-model-provider', 'sessions');
  run.startedAt = performance.now();
  run.ended = once(main, 'exit').then(([code, signal]) => {
    run.endedAt = performance.now();
    run.exit = { code, signal };
  });
  return run;
}

/** Node's flags for a report of a process that gets SIGUSR2: its handles and its stack. */
function reporting(directory) {
  return ['--report-on-signal', '--report-exclude-network', `--report-directory=${directory}`];
}

/** The handles for which a main that does not end waits. */
async function whatHoldsMain({ main, exit, directory }) {
  if (exit !== undefined) return [];
  main.kill('SIGUSR2');
  // A process that is stuck in a loop writes none.
  const deadline = performance.now() + 10_000;
  const reportOf = () => readdirSync(directory).find((name) => name.includes(`.${main.pid}.`));
  while (reportOf() === undefined && performance.now() < deadline) await sleep(50);
  if (reportOf() === undefined) return ['main writes no report'];
  await sleep(500);
  const { libuv, javascriptStack } = JSON.parse(readFileSync(join(directory, reportOf()), 'utf8'));
  const handles = libuv
    .filter((handle) => handle.is_active && handle.is_referenced)
    .map((handle) => JSON.stringify(handle));
  return ['main waits for:', ...handles, ...(javascriptStack.stack ?? [])];
}

async function killAt(run, seen, random) {
  await Promise.race([sleep(seen.atMs), run.ended]);
  let found = look(run);
  const targets = () => targetsOf(seen.kind, run.main.pid, found);
  const isMissing = () => targets().length === 0;
  if (run.exit === undefined && isMissing()) {
    while (run.exit === undefined && isMissing()) {
      await sleep(5);
      found = look(run);
    }
    await Promise.race([sleep(random() * youngMs), run.ended]);
    found = look(run);
  }
  await holdFirst(run, seen.kind, targets()[Math.floor(random() * targets().length)], random);
  found = look(run);
  seen.phase = phaseOf(run, found);
  seen.hadResult = existsSync(run.result);
  if (run.exit !== undefined || isMissing()) return;
  seen.isKilled = true;
  strike(seen.kind, run.main.pid, found, random);
  if (seen.kind === 'blockedMain') seen.isStruckAgain = await strikeAgain(run, seen.kind, random);
}

/**
 * Sends the signal again to a blocked main that has not ended: the session begins to watch the signals some
 * milliseconds after it has begun.
 */
async function strikeAgain(run, kind, random) {
  const late = new AbortController();
  const wait = sleep(againMs, undefined, { signal: late.signal }).catch(() => undefined);
  await Promise.race([wait, run.ended]);
  late.abort();
  if (run.exit !== undefined) return false;
  strike(kind, run.main.pid, look(run), random);
  return true;
}

/** Blocks or stops a process, if the kind says so and as long as it lives, and waits a moment. */
async function holdFirst(run, kind, pid, random) {
  const { first } = kinds[kind];
  if (first === undefined || pid === undefined || run.exit !== undefined) return;
  if (first === 'stop') kill([pid], 'SIGSTOP');
  else
    // Again, because a process that is just starting does not hear it yet.
    while (run.exit === undefined && isThere(pid) && !existsSync(join(run.blocked, String(pid)))) {
      kill([pid], 'SIGWINCH');
      await sleep(20);
    }
  await Promise.race([sleep(random() * youngMs), run.ended]);
}

function isThere(pid) {
  return existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
}

function phaseOf(run, found) {
  if (run.exit !== undefined) return 'after';
  if (found.some(({ role }) => role === 'guardian')) return 'during';
  // The session was open and its ledger is gone again.
  return existsSync(run.sessions) && readdirSync(run.sessions).length === 0 ? 'after' : 'before';
}

/** The run's processes of this moment; keeps their ports in mind. */
function look(run) {
  const found = processesByRole(run.temporary);
  for (const { port } of found) if (port !== undefined) run.ports.add(port);
  return found;
}

/** Waits until nothing of the run is left that ends by itself. */
async function settle(run, kind) {
  const deadline = performance.now() + deadlineMs;
  const isOver = () => {
    const found = look(run);
    if (run.exit === undefined) return false;
    // Ended by Node itself, before it had a session: what blocked it stays, as without this package.
    if (kind === 'blockedMain' && run.exit.signal === 'SIGTERM')
      kill(
        found.filter(({ command }) => command.includes(blockingCommand)).map(({ pid }) => pid),
        'SIGKILL',
      );
    // Without main and guardian nobody ends the servers before the next run. A guardian that main has just forked
    // still looks like main.
    const isOrphaned = kind === 'both' && !found.some(({ role }) => goOn.includes(role));
    return found.length === 0 || isOrphaned;
  };
  // Twice: a process hides its environment for a moment while it becomes another program, and one that was forked
  // while the table was read is not in it.
  for (let times = 0; times < 2 && performance.now() < deadline; await sleep(20)) {
    times = isOver() ? times + 1 : 0;
    if (times === 1) run.settledAt = performance.now();
  }
  run.settledAt ??= performance.now();
}

function wrongEnd(run, seen) {
  if (run.exit === undefined) return ['main did not end'];
  const { code, signal } = run.exit;
  const ended = code ?? { SIGINT: 130, SIGKILL: 137, SIGTERM: 143 }[signal] ?? signal;
  const wanted = seen.isKilled ? kinds[seen.kind].ends : undefined;
  if (ended === 0 && !allPassed(run)) return ['exit code 0, but not all tests passed'];
  if (wanted?.includes(ended)) return [];
  if (wanted?.includes(130) && ended === 1 && hasFallen(run)) {
    seen.hasFallen = true;
    return [];
  }
  if (wanted !== undefined && !seen.hadResult)
    return [`main ended with ${ended} instead of ${wanted.join(' or ')}`];
  if (ended === 0) return [];
  if (ended !== 1) return [`main ended with ${ended}`];
  return allPassed(run) ? ['exit code 1, but all tests passed'] : [];
}

/**
 * Jest's own crash, before it hears of the signal: it talks to a worker that the signal ended while it was
 * being forked.
 */
function hasFallen(run) {
  return /Unhandled 'error' event[^]*write EPIPE[^]*jest-worker/.test(readFileSync(run.log, 'utf8'));
}

function allPassed(run) {
  if (!existsSync(run.result)) return false;
  const { success, numPassedTests } = JSON.parse(readFileSync(run.result, 'utf8'));
  return success && numPassedTests === testCount;
}

async function checkLeft(run, seen) {
  const left = await findLeft(run);
  seen.cleanupMs = run.settledAt - run.endedAt;
  if (left.length === 0) return;
  seen.hadLeft = true;
  if (!mayLeave(run, seen)) {
    seen.problems.push(...left);
    return;
  }
  const sweep = spawn(process.execPath, [join(import.meta.dirname, 'next-run.cjs')], {
    env: run.env,
    stdio: 'inherit',
  });
  await once(sweep, 'exit');
  const leftAfter = await findLeft(run);
  seen.sweptClean = leftAfter.length === 0;
  seen.problems.push(...leftAfter.map((what) => `after the next run: ${what}`));
}

function mayLeave(run, { kind, isKilled }) {
  const leaves = isKilled ? kinds[kind].leaves : 'nothing';
  if (leaves !== 'unguarded') return leaves === 'anything';
  // Killed before there was a guardian: an empty directory and a ledger that names no process.
  return processesOf(run.temporary).length === 0 && !readLedgers(run).includes('"guardian"');
}

async function findLeft(run) {
  const left = look(run).map(({ pid, role, command }) => `left: ${role} ${pid}: ${command}`);
  for (const port of run.ports)
    if ((await isOpen(port)) && !isOfAnotherTrial(port)) left.push(`left: somebody listens on port ${port}`);
  left.push(...readdirSync(run.temporary).map((name) => `left: directory ${name}`));
  const ledgers = readLedgers(run);
  if (ledgers !== '') left.push(`left: ledger\n${ledgers}`);
  return left;
}

function readLedgers({ sessions }) {
  if (!existsSync(sessions)) return '';
  return readdirSync(sessions)
    .map((name) => `${name}:\n${readFileSync(join(sessions, name), 'utf8')}`)
    .join('\n');
}

/** Whether a trial that runs at the same time has got a port that has become free. */
function isOfAnotherTrial(port) {
  return processesByRole(join(tmpdir(), trialPrefix)).some((found) => found.port === port);
}

function isOpen(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
