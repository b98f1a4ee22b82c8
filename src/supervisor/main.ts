import { serializeError } from '../pattern/errors';
import { ProgressPrinter } from '../session/progress';
import { Session } from '../session/session';
import { SessionPlace } from '../session/session-place';
import { handleSignals } from '../session/signals';
import { announceSupervisor } from '../session/supervisor-address';
import type { LaunchOutcome, SupervisorOptions } from './launch-protocol';
import { projectProviders } from './project-providers';
import { Supervisor } from './supervisor';
import { SupervisorServer } from './supervisor-server';

// The supervisor: a session that outlives the command that started it. It is a session like any other, with a ledger and a
// guardian, so that nothing of it survives it either.

void main(JSON.parse(process.argv[2] ?? '{}') as SupervisorOptions);

async function main({ config }: SupervisorOptions): Promise<void> {
  let close = (): Promise<unknown> => Promise.resolve();
  let kill = close;
  handleSignals({ close: () => close(), kill: () => kill(), say: () => undefined });
  try {
    const { registry, project } = await projectProviders(config);
    const { place } = await SessionPlace.create();
    const output = { write: (text: string) => server.output(text) };
    const session = new Session(registry, place, {
      progress: new ProgressPrinter(output),
      retain: 'session',
      // Whoever leases what is warm does not want to wait.
      sleeps: false,
    });
    close = () => session.close();
    kill = () => session.kill();
    const exit = (): void => process.exit();
    const supervisor = new Supervisor(session, project, exit);
    const server = await SupervisorServer.listen(session, supervisor, place.socketPath, exit);
    announceSupervisor(place.directory, server.address);
    // Whoever started it may have been interrupted before it could ask for anything.
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
