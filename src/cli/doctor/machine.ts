import { createServer } from 'node:net';
import { messageOf } from '../../base/errors';
import { isDead, knownSessions } from '../../process/ledger/known-sessions';
import { stateDirectory } from '../../process/ledger/state-directory';
import { ok, problem, type Finding } from './finding';

/** Whether servers can listen on the loopback interface. */
export async function checkLoopback(): Promise<Finding> {
  const failure = await new Promise<string | undefined>((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen(0, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
  if (failure === undefined) return ok('127.0.0.1', 'ports can be opened');
  return problem(
    '127.0.0.1',
    `no port can be opened: ${failure}`,
    'Servers listen there: allow it in the sandbox.',
  );
}

/** The state directory, and whether dead sessions have left something there. */
export function checkSessions(): Finding[] {
  let state: string;
  try {
    state = stateDirectory();
  } catch (error) {
    return [
      problem('state', messageOf(error), 'Remove it, or set XDG_STATE_HOME to a directory of your own.'),
    ];
  }
  const sessions = knownSessions(state);
  const dead = sessions.filter(isDead).length;
  const living = `${sessions.length - dead} living sessions in ${state}`;
  if (dead === 0) return [ok('sessions', living)];
  const fix = 'jest-model-provider clean ends what is left of them; so does the next run.';
  return [problem('sessions', `${dead} dead sessions, ${living}`, fix)];
}
