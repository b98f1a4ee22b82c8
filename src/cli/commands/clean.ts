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
  /** Ledgers of other machines, containers or versions, which cannot be judged. */
  readonly unknown: readonly string[];
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
      const left = knownSessions(state);
      const remaining = left.filter(isDead).map(({ session }) => session.session);
      const unknown = left.filter(({ isElsewhere }) => isElsewhere).map(({ ledger }) => ledger.path);
      const cleaned: Cleaned = { sessions, processes, remaining, unknown };
      print(json, cleaned, () => describe(cleaned));
      if (remaining.length > 0) process.exitCode = 1;
    });
}

function describe({ sessions, processes, remaining, unknown }: Cleaned): string {
  const ended = processes.map(({ pid, resourceId }) => `Ended process ${pid} of ${resourceId}.`);
  const removed =
    sessions.length === 0
      ? 'No dead session was found.'
      : `Removed the files of ${sessions.length} dead sessions.`;
  const left = remaining.map((session) => `Session ${session} has processes that SIGKILL does not end.`);
  const alone = unknown.map(
    (path) =>
      `Left alone a session of another machine, container or version: if it has ended, remove ${path}`,
  );
  const said = remaining.length > 0 && sessions.length === 0 ? [] : [removed];
  return [...ended, ...said, ...left, ...alone].join('\n');
}
