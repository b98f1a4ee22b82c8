import { format } from 'prettier';
import { countsTable, modelsTable } from './counts.mjs';

/** docs/reliability.md. */
export function reliabilityPage({ trials, seed, perKind, minutes, natural }) {
  const failed = trials.filter(({ problems }) => problems.length > 0).length;
  const durations = [...natural.values()].map((ms) => ms / 1000);
  const page = `# Reliability: what survives a kill

\`npm run test:kill -- --write\` wrote this page: ${trials.length} runs of the real Jest, ${perKind} a kind of kill, in ${minutes} minutes with
Node ${process.version} on ${process.platform}. **${trials.length - failed} passed, ${failed} failed.** The draws can be repeated with
\`KILL_SEED=${seed} KILL_TRIALS=${perKind} npm run test:kill\`; what the machine does meanwhile cannot, so neither can the exact moments.

${countsTable(trials)}

- A trial is one run of a project of two files and six tests through \`preset: 'jest-model-provider'\`. It is killed at a moment drawn
  uniformly between the start of Jest and just after its natural end (${Math.min(...durations).toFixed(1)} to ${Math.max(...durations).toFixed(1)} s, measured first). A worker or a guardian that does
  not exist yet is waited for, and killed within the next 300 ms.
- *before*, *during*, *after*: whether the guardian, which owns all server processes, was not there yet, was there, or was gone again.
- *survivors*: trials after which a process of the run, a port, a directory or a ledger was left, though the kill leaves somebody to
  clean up. *Left to the next run*: trials after which the next run had something to reclaim: when main and guardian were both
  killed, or main before it had a guardian. It reclaimed everything unless *survivors after the next run* says otherwise.
- *wrong exit codes*: 0 although not every test passed, or after a signal something other than 130 (SIGINT), 143 (SIGTERM), 137 (SIGKILL).
- *crashes of Jest*: runs in which Jest 30 itself fell, with exit code 1, over a worker that the signal ended while it was being
  forked (\`write EPIPE\` in jest-worker), before any handler could run. Nothing survives these either.
- *slowest cleanup*: from the end of Jest's main process to the end of the last process of its run.

## Servers

${modelsTable(trials)}

\`stubborn\` ignores SIGTERM, \`forking\` leaves a grandchild that ignores SIGTERM and holds its standard streams, \`stillborn\` exits with 0
before it listens, \`mortal\` exits with 0 in the middle of a request. \`embedded:novice\` is the real model server.
`;
  return format(page, { parser: 'markdown' });
}
