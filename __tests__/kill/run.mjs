// Kills real Jest runs at random moments and counts what survives. `npm run test:kill` runs it; `-- --write`
// also writes the counts to docs/reliability.md.
//
//   KILL_SEED     the seed of all draws; printed, random if not given
//   KILL_TRIALS   trials a kind; if not given 30, but without --write 10 of those that block or stop a process
//   KILL_KINDS    only these kinds, for example `main,both`
//   KILL_JOBS     trials at a time, 2 if not given
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countsTable, idleKinds, modelsTable } from './counts.mjs';
import { kinds, models, modes, ways } from './kinds.mjs';
import { pick, seededRandom } from './random.mjs';
import { reliabilityPage } from './page.mjs';
import { someAtATime } from './some-at-a-time.mjs';
import { runTrial } from './trial.mjs';

if (process.platform !== 'linux') {
  console.log('The kill trials find processes in /proc, which only Linux has: skipped.\n0 passed, 0 failed');
  process.exit(0);
}

const { KILL_SEED, KILL_TRIALS, KILL_KINDS = Object.keys(kinds).join(','), KILL_JOBS = '2' } = process.env;
const seed = Number(KILL_SEED ?? Math.floor(Math.random() * 2 ** 31));
const isWriting = process.argv.includes('--write');
const start = performance.now();
console.log(`Seed ${seed}: repeat with KILL_SEED=${seed} npm run test:kill`);

const undisturbed = await runAll(modes.flatMap((mode) => models.map((model) => ({ mode, model }))));
const natural = new Map(undisturbed.map(({ mode, model, ms }) => [`${mode} ${model}`, ms]));
const trials = [...undisturbed, ...(await runAll(KILL_KINDS.split(',').flatMap(plan)))];

const failed = trials.filter(({ problems }) => problems.length > 0);
const minutes = ((performance.now() - start) / 60_000).toFixed(1);
console.log(
  `\n${countsTable(trials)}\n\n${modelsTable(trials)}\n\n${trials.length} runs in ${minutes} min, Node ${process.version}`,
);
if (isWriting) {
  const page = await reliabilityPage({ trials, seed, perKind: trialsOf('main'), minutes, natural });
  const docs = join(import.meta.dirname, '../../docs');
  mkdirSync(docs, { recursive: true });
  writeFileSync(join(docs, 'reliability.md'), page);
}
const idle = idleKinds(trials);
for (const kind of idle) console.log(`${kinds[kind].title}: not one of its trials killed anything`);
const failures = failed.length + idle.length;
console.log(`${trials.length - failed.length} passed, ${failures} failed`);
process.exitCode = failures > 0 ? 1 : 0;

function trialsOf(kind) {
  return Number(KILL_TRIALS ?? (isWriting || kinds[kind].first === undefined ? 30 : 10));
}

/** The draws of one kind; they depend on nothing but the seed, so that a kind can be repeated alone. */
function plan(kind) {
  const draw = seededRandom(seed + Object.keys(kinds).indexOf(kind) * 1_000_003);
  return Array.from({ length: trialsOf(kind) }, () => {
    const mode = kinds[kind].target === 'worker' ? '-w 2' : pick(draw, modes);
    const model = pick(draw, models);
    const moment = draw();
    const random = seededRandom(draw() * 2 ** 32);
    const way = kinds[kind].first === 'block' ? pick(draw, ways) : undefined;
    return { kind, mode, model, moment, random, way };
  });
}

async function runAll(plans) {
  const done = [];
  await someAtATime(Number(KILL_JOBS), plans, async (next) => {
    // A little past the natural end, so that the very end is among the moments.
    const atMs =
      next.kind === undefined ? undefined : next.moment * 1.05 * natural.get(`${next.mode} ${next.model}`);
    const trial = await runTrial({ ...next, atMs });
    done.push(trial);
    report(trial, done.length, plans.length);
  });
  return done;
}

function report({ kind, mode, model, way, atMs, phase, exit, problems, output }, number, total) {
  const what =
    kind === undefined
      ? 'undisturbed'
      : `${kinds[kind].title}${way === undefined ? '' : ` by a ${way}`} at ${Math.round(atMs)} ms (${phase})`;
  const verdict = problems.length === 0 ? 'ok' : 'FAILED';
  console.log(`${number}/${total} ${verdict} ${mode} ${model}: ${what}, exit ${exit?.signal ?? exit?.code}`);
  if (problems.length > 0) console.log(`${problems.join('\n')}\n--- output\n${output}\n---`);
}
