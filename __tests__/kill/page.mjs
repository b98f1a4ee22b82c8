import { format } from 'prettier';
import { countsTable, modelsTable } from './counts.mjs';

/** docs/reliability.md. */
export function reliabilityPage({ trials, seed, perKind, minutes, natural }) {
  const failed = trials.filter(({ problems }) => problems.length > 0).length;
  const again = trials.filter(({ isStruckAgain }) => isStruckAgain === true).length;
  const durations = [...natural.values()].map((ms) => ms / 1000);
  const page = `# Reliability: what survives a kill

\`npm run test:kill -- --write\` wrote this page. It made ${trials.length} runs of the real Jest, ${perKind} for each kind of kill, in
${minutes} minutes with Node ${process.version} on ${process.platform}. **${trials.length - failed} passed, ${failed} failed.**
\`KILL_SEED=${seed} KILL_TRIALS=${perKind} npm run test:kill\` repeats the same draws. It cannot repeat what else the
machine does, so the exact moments differ.

${countsTable(trials)}

- A trial is one run of a project of two files and six tests through \`preset: 'jest-model-provider'\`. It is
  killed at a moment drawn uniformly between the start of Jest and just after its natural end
  (${Math.min(...durations).toFixed(1)} to ${Math.max(...durations).toFixed(1)} s, measured first). If the process that it needs does not exist yet, the
  trial waits for it and kills it within the next 300 ms.
- A process is blocked by an endless loop, a regular expression, \`Atomics.wait\` or \`execSync\`, and stopped by
  SIGSTOP; the signal follows within 300 ms. A main that was blocked before its session had begun to watch
  the signals needs a second one: ${again === 0 ? 'none did' : `${again} did`}.
- *killed*: trials in which what was to be killed was still there at that moment.
- *before*, *during*, *after*: whether the guardian, which owns all server processes, had not started yet, was
  running, or had ended.
- *survivors*: trials after which a process, a port, a directory or a ledger of the run was left, although the kill
  spared a process that should have cleaned up. *Left to the next run*: trials after which the next run had something to
  reclaim. That happens if main and guardian were both killed, or main before it had a guardian. The next run
  reclaimed everything unless *survivors after the next run* says otherwise.
- *wrong exit codes*: 0 although not every test passed, or after a signal something other than 130 (SIGINT), 143
  (SIGTERM), 137 (SIGKILL). A blocked main ends with 137, or with 143 where it was blocked by a command or
  before there was a session.
- *crashes of Jest*: runs in which Jest 30 itself crashed, with exit code 1, because the signal ended a worker that was
  being forked (\`write EPIPE\` in jest-worker), before any handler could run. Nothing survives these either.
- *slowest cleanup*: from the end of Jest's main process to the end of the last process of its run.

## Servers

${modelsTable(trials)}

\`stubborn\` ignores SIGTERM. \`forking\` leaves a grandchild that ignores SIGTERM and holds its standard streams.
\`stillborn\` exits with 0 before it listens. \`mortal\` exits with 0 in the middle of a request. \`embedded:novice\` is
the real model server.
`;
  return format(page, { parser: 'markdown', proseWrap: 'always', printWidth: 110 });
}
