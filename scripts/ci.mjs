// Runs every stage, also after one has failed, and ends with `N passed, N failed` over all of them. `.ci/run`
// calls it. Names of stages as arguments run those alone: `.ci/run lint knip`.
import { closingLine } from './closing-line.mjs';
import { PrivatePlaces } from './private-places.mjs';
import { runStage } from './stage.mjs';

// `show` picks the lines of a passed stage that are worth reading. What is `inBackground` waits for the network or
// for one server to start after the other: the next stages run beside it, but for those that are `isAlone`. Limits
// are for what hangs: a machine that is three times as slow, or a registry, has to keep within them.
const stages = {
  tests: { command: 'npm ci && npm test', limitMinutes: 45 },
  engines: { command: 'npm run test:engines', inBackground: true, limitMinutes: 60, show: /skipped/ },
  lint: { command: 'npm run lint' },
  format: { command: 'npm run format:check' },
  types: { command: 'npm run typecheck' },
  boundaries: { command: 'node scripts/test.mjs __tests__/boundaries.test.ts' },
  knip: { command: 'npm run knip' },
  publint: { command: 'npm run publint' },
  attw: { command: 'npm run attw' },
  eval: { command: 'npm run eval', show: /^[┌├│└]|left behind/ },
  consumer: { command: 'npm run test:consumer', limitMinutes: 45, show: /^(✓|–|Seed)/ },
  // It waits for what `engines` is fetching.
  bench: { command: 'node scripts/bench-smoke.mjs', limitMinutes: 60, show: /^(✓|–)/ },
  inspect: { command: 'npm run test:inspect', limitMinutes: 30, show: /^(✓|–)/ },
  resume: { command: 'npm run test:resume', isAlone: true, limitMinutes: 40, show: /^(Seed|\d+ trials)/ },
  kill: { command: 'npm run test:kill', isAlone: true, limitMinutes: 50, show: /^(Seed|[┌├│└|])/ },
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in stages));
if (unknown.length > 0) {
  console.error(`No stage ${unknown.join(', ')}; there are ${Object.keys(stages).join(', ')}.`);
  process.exit(2);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

const places = new PrivatePlaces();
const ownEnv = {
  ...places.env,
  // Whatever is set for a quick run on one's own machine.
  ...{ E2E_MODES: undefined, TEST_TIER: undefined },
  UNAVAILABLE_NOTES: places.env.TMPDIR,
  // A registry may be away for a minute.
  npm_config_fetch_retries: '5',
  FORCE_COLOR: '0',
};
const total = { passed: 0, failed: 0, skipped: 0 };
const failedStages = [];
const start = performance.now();
console.log(`Node ${process.version}, ${process.platform} ${process.arch}`);

const inBackground = [];
for (const [name, stage] of Object.entries(stages)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  if (stage.isAlone) await reportBackground();
  console.log(`\n▶ ${name}: ${stage.command}`);
  const end = runStage(stage, ownEnv);
  if (stage.inBackground) inBackground.push([name, stage, end]);
  else report(name, stage, await end);
}
await reportBackground();

const left = places.leftBehind();
console.log(`\n${left.length === 0 ? '✓' : '✗'} left behind: ${left.join('; ') || 'nothing'}`);
if (left.length === 0) {
  total.passed += 1;
  places.remove();
} else {
  total.failed += 1;
  failedStages.push('left behind');
}

console.log(`\nAll stages took ${seconds(performance.now() - start)}.`);
if (failedStages.length > 0) console.log(`Failed: ${failedStages.join(', ')}.`);
console.log(closingLine(total));
process.exitCode = total.failed > 0 ? 1 : 0;

async function reportBackground() {
  for (const [name, stage, end] of inBackground.splice(0)) report(name, stage, await end);
}

function report(name, stage, result) {
  for (const key of Object.keys(total)) total[key] += result[key];
  const verdict = result.failed === 0 ? '✓' : '✗';
  const text = result.failed === 0 ? linesOf(result.output, stage.show) : result.output;
  if (text !== '') console.log(text.trimEnd());
  if (result.failed > 0) failedStages.push(name);
  console.log(`${verdict} ${name}: ${closingLine(result)} (${seconds(result.ms)})`);
}

function linesOf(output, pattern) {
  if (pattern === undefined) return '';
  return output
    .split('\n')
    .filter((line) => pattern.test(line))
    .join('\n');
}

function seconds(ms) {
  return ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`;
}
