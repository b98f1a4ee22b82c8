import { serializeError } from '../base/errors';
import { bypassProxiesForLoopback } from '../process/os/loopback-proxies';
import { ProgressPrinter } from '../session/events/progress';
import { Session } from '../session/broker/session';
import { SessionFiles } from '../session/broker/session-files';
import { handleSignals } from '../session/signals';
import { announceSupervisor } from '../session/warm/supervisor-address';
import type { LaunchOutcome, SupervisorOptions } from './launch';
import { projectProviders } from './project-providers';
import { Supervisor } from './supervisor';
import { SupervisorServer } from './supervisor-server';

// The entry of the supervisor's process: a session that outlives the command that started it. It has a ledger
// and a guardian like any other session, so nothing of it survives it either.

void main(JSON.parse(process.argv[2] ?? '{}') as SupervisorOptions);

async function main({ config }: SupervisorOptions): Promise<void> {
  let close = (): Promise<unknown> => Promise.resolve();
  let kill = close;
  const signals = handleSignals({ close: () => close(), kill: () => kill(), say: () => undefined });
  bypassProxiesForLoopback();
  try {
    const { registry, project } = await projectProviders(config);
    const { files } = await SessionFiles.create();
    signals.protect(files.guardianOptions);
    const output = { write: (text: string) => server.output(text) };
    const session = new Session(registry, files, {
      progress: new ProgressPrinter(output),
      retain: 'session',
      // A lease of a warm resource must not wait for a wake.
      sleeps: false,
    });
    close = () => session.close();
    kill = () => session.kill();
    const exit = (): void => process.exit();
    const supervisor = new Supervisor(session, project, exit);
    const server = await SupervisorServer.listen(session, supervisor, files.socketPath, exit);
    announceSupervisor(files.directory, server.address);
    // The process that started this one may have been interrupted before it could connect.
    process.once('disconnect', () => server.endIfUnused());
    await tell({ error: null });
  } catch (error) {
    await close();
    await tell({ error: serializeError(error) });
    process.exit(1);
  }
}

async function tell(outcome: LaunchOutcome): Promise<void> {
  await new Promise((resolve) => process.send?.(outcome, resolve));
}
