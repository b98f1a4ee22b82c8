import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { LaunchRequest } from './guardian-protocol';
import { processEntry, type ProcessIdentity } from './process-identity';
import { sessionMark } from './sweep';

/** A process that exists, with its own group, but waits for {@link GatedProcess.open} before it becomes the server. */
export interface GatedProcess {
  readonly child: ChildProcess;
  readonly identity: ProcessIdentity;
  readonly open: () => void;
}

// The shell waits on descriptor 3 and then becomes the server by exec, with the same pid. If the guardian dies before it says
// "go", the read ends and so does the shell: a server that is not in the ledger never runs.
const script = 'IFS= read -r go <&3 && [ "$go" = go ] || exit 125; exec 3<&-; exec "$@"';

/** Spawns the gate of a server: new session and group, output to a file (a pipe would block the server, or die with us). */
export async function spawnGated(request: LaunchRequest, session: string): Promise<GatedProcess> {
  const log = openSync(request.logFile, 'a', 0o600);
  try {
    const child = spawn('/bin/sh', ['-c', script, 'sh', request.command, ...request.args], {
      cwd: request.cwd,
      env: { ...request.env, [sessionMark]: session },
      detached: true,
      // Together with these Node gives up all further groups.
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
  // It is still to begin, so somebody else has ended it. Without its start time it could be confused with another.
  if (entry === undefined) throw new Error(`Process ${pid} ended before it could begin.`);
  return { pid, startTime: entry.startTime };
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}
