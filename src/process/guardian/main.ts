import { messageConnection } from '../../base/message-connection';
import type { StopSignal } from '../../pattern/resource-context';
import { spawnGated } from './gate';
import {
  exitNotification,
  forceKillNotification,
  launchRequest,
  stopRequest,
  type GuardianOptions,
  type LaunchRequest,
} from './guardian-protocol';
import { Ledger } from '../ledger/ledger';
import { stopGroup, type GroupStop } from '../os/process-group';
import { ownIdentity, type ProcessIdentity } from '../os/process-identity';
import { removeSessionDirectory, sessionDirectories } from '../ledger/session-directory';
import { killEscapedProcesses } from './escaped-processes';

// The guardian: a small process that owns every server of one session and outlives a killed Jest by
// milliseconds. Its standard input is the lifeline: however the session's process ends, the pipe closes and
// the guardian stops everything.

interface Guarded {
  readonly process: ProcessIdentity;
  readonly cwd: string;
  readonly graceMs: number;
  readonly stopSignal: StopSignal | undefined;
  /** Resolves when the session has been told of its leader's end. */
  readonly exited: Promise<void>;
  stop?: Promise<GroupStop>;
}

const options = JSON.parse(process.argv[2] ?? '{}') as GuardianOptions;
const ledger = new Ledger(options.ledger);
const forceKill = new AbortController();
const guarded = new Map<string, Guarded>();
const launching = new Set<Promise<unknown>>();
let ending: Promise<void> | undefined;

const connection = messageConnection(process.stdin, process.stdout);

connection.onRequest(launchRequest, (request) => {
  if (ending !== undefined) throw new Error('The guardian is ending.');
  const launch = launchServer(request);
  launching.add(launch);
  return launch.finally(() => launching.delete(launch));
});
connection.onRequest(stopRequest, ({ id }) => stopServer(id));
connection.onNotification(forceKillNotification, () => forceKill.abort());

async function launchServer(request: LaunchRequest): Promise<{ pid: number }> {
  const { child, identity, open } = await spawnGated(request, options.session);
  const { cwd, graceMs, stopSignal } = request;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      // First, because the notification fails when the session's process is gone.
      resolve();
      notifyExit(request.id, code, signal);
    });
  });
  guarded.set(request.id, { process: identity, cwd, graceMs, stopSignal, exited });
  ledger.append({
    type: 'process',
    resourceId: request.resourceId,
    process: identity,
    graceMs,
    stopSignal,
  });
  open();
  return { pid: identity.pid };
}

function stopServer(id: string): Promise<GroupStop> {
  const server = guarded.get(id);
  if (server === undefined) return Promise.resolve({ forced: false, survivors: [] });
  server.stop ??= endGroup(id, server);
  return server.stop;
}

async function endGroup(id: string, server: Guarded): Promise<GroupStop> {
  const { forced, survivors } = await stopGroup(
    server.process,
    server.graceMs,
    forceKill.signal,
    server.stopSignal,
  );
  const escaped = isOwnDirectory(server.cwd) ? await killEscapedProcesses([server.cwd]) : [];
  const result = { forced, survivors: [...survivors, ...escaped] };
  if (result.survivors.length > 0) {
    delete server.stop;
    return result;
  }
  // The group is gone before this process, its parent, is told of the exit. The session must hear of the exit
  // before it hears of the stop.
  await server.exited;
  noteStopped(server.process);
  guarded.delete(id);
  return result;
}

/** Saves the next run a check. If the disk is full, the stop is a success nevertheless. */
function noteStopped({ pid }: ProcessIdentity): void {
  try {
    ledger.append({ type: 'stopped', pid });
  } catch {
    // The next run finds that the process is gone.
  }
}

/** Whether only processes of this session can work in a directory. */
function isOwnDirectory(path: string): boolean {
  return sessionDirectories(options.directory).some((directory) => path.startsWith(`${directory}/`));
}

function notifyExit(id: string, code: number | null, signal: NodeJS.Signals | null): void {
  void connection.sendNotification(exitNotification, { id, code, signal }).catch(() => undefined);
}

function end(): Promise<void> {
  ending ??= endAll();
  return ending;
}

async function endAll(): Promise<void> {
  await Promise.allSettled(launching);
  await Promise.allSettled([...guarded.keys()].map(stopServer));
  // What SIGKILL has not ended stays in the ledger, for the next run.
  if (guarded.size === 0) {
    removeSessionDirectory(options.directory, options.session);
    ledger.remove();
  }
  process.exit(0);
}

// The session handles the terminal's Ctrl-C and hang-up, and closes the lifeline when it is done.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => undefined);
process.on('SIGTERM', () => void end());
process.on('uncaughtException', () => void end());
process.stdout.on('error', () => undefined);
process.stdin.on('end', () => void end());
process.stdin.on('error', () => void end());
process.stdin.on('close', () => void end());

ledger.append({ type: 'guardian', guardian: ownIdentity() });
connection.listen();
