import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { LaunchRequest } from './guardian-protocol';
import { processEntry, type ProcessIdentity } from '../os/process-identity';
import { markOf, sessionMark } from './session-mark';

/** A process with its own group that waits for {@link GatedProcess.open} before it becomes the server. */
export interface GatedProcess {
  readonly child: ChildProcess;
  readonly identity: ProcessIdentity;
  readonly open: () => void;
}

// The shell waits on descriptor 3 and then becomes the server by exec, with the same pid. If the guardian
// dies before it says "go", the read ends and so does the shell: a server that is not in the ledger never
// runs.
const script = 'IFS= read -r go <&3 && [ "$go" = go ] || exit 125; exec 3<&-; exec "$@"';

/**
 * Spawns a server's gate, in a new session and group. Its output goes to a file: a pipe could block it, or
 * break.
 */
export async function spawnGated(request: LaunchRequest, session: string): Promise<GatedProcess> {
  const log = openSync(request.logFile, 'a', 0o600);
  try {
    const child = spawn('/bin/sh', ['-c', script, 'sh', request.command, ...request.args], {
      cwd: request.cwd,
      env: { ...request.env, [sessionMark]: markOf(session, request.id) },
      detached: true,
      // With these Node also drops all supplementary groups.
      ...request.user,
      stdio: ['ignore', log, log, 'pipe'],
    });
    await spawned(child);
    const gate = child.stdio[3] as Writable;
    gate.on('error', () => undefined);
    return { child, identity: identityOf(child), open: () => gate.end('go\n') };
  } finally {
    closeSync(log);
  }
}

function identityOf({ pid = 0 }: ChildProcess): ProcessIdentity {
  const entry = processEntry(pid);
  // It was killed before it began. Without its start time it could be confused with a later process of that
  // number.
  if (entry === undefined) throw new Error(`Process ${pid} ended before it could begin.`);
  return { pid, startTime: entry.startTime };
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}
