import { Command } from 'commander';
import { isDead, knownSessions } from '../../process/ledger/known-sessions';
import { stateDirectory } from '../../process/ledger/state-directory';
import { sweepDeadSessions } from '../../process/guardian/sweep';
import { print } from '../output/print';

interface Cleaned {
  /** Ids of dead sessions whose files were removed. */
  readonly sessions: readonly string[];
  readonly processes: readonly { readonly pid: number; readonly resourceId: string }[];
  /** Ids of dead sessions with a process that cannot be ended. */
  readonly remaining: readonly string[];
}

/** `clean`: sweeps dead sessions now, as the next run would do first. */
export function cleanCommand(): Command {
  return new Command('clean')
    .description(
      'end what dead sessions left behind: server processes, sockets, files; living ones are not touched',
    )
    .option('--json', 'print what was ended as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const state = stateDirectory();
      const { sessions, processes } = await sweepDeadSessions(state);
      const remaining = knownSessions(state)
        .filter(isDead)
        .map(({ session }) => session.session);
      const cleaned: Cleaned = { sessions, processes, remaining };
      print(json, cleaned, () => describe(cleaned));
      if (remaining.length > 0) process.exitCode = 1;
    });
}

function describe({ sessions, processes, remaining }: Cleaned): string {
  const ended = processes.map(({ pid, resourceId }) => `Ended process ${pid} of ${resourceId}.`);
  const removed =
    sessions.length === 0
      ? 'No dead session was found.'
      : `Removed the files of ${sessions.length} dead sessions.`;
  const left = remaining.map((session) => `Session ${session} has processes that SIGKILL does not end.`);
  return [...ended, ...(remaining.length > 0 && sessions.length === 0 ? [] : [removed]), ...left].join('\n');
}
