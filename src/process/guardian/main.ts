import { realpathSync } from 'node:fs';
import { inspect } from 'node:util';
import { answer } from '../../base/answered-errors';
import { isModelProviderError, messageOf, ModelProviderError } from '../../base/errors';
import { messageConnection } from '../../base/message-connection';
import type { ProcessExit, StopSignal } from '../../pattern/resource-context';
import { spawnGated } from './gate';
import { capLog } from './log-cap';
import {
  endRequest,
  exitNotification,
  forceKillNotification,
  launchRequest,
  lookNotification,
  pingRequest,
  stopRequest,
  type GuardianOptions,
  type LaunchRequest,
} from './guardian-protocol';
import { readOrNothing } from '../ledger/known-sessions';
import { Ledger } from '../ledger/ledger';
import { stopGroup, type GroupStop } from '../os/process-group';
import { isAlive, ownIdentity, type ProcessIdentity } from '../os/process-identity';
import { processIds } from '../os/process-table';
import { removeSessionDirectory, sessionDirectories } from '../ledger/session-directory';
import { endEscaped } from './escaped-processes';
import { KnownProcesses } from './known-processes';
import { killWorkers, notedWorkers } from './workers';

// The guardian: a small process that owns every server of one session and outlives a killed Jest by
// milliseconds. Its standard input is the lifeline: however the session's process ends, the pipe closes and
// the guardian stops everything.

interface Guarded {
  readonly process: ProcessIdentity;
  readonly graceMs: number;
  readonly stopSignal: StopSignal | undefined;
  /** Resolves when the session has been told of its leader's end. */
  readonly exited: Promise<void>;
  stop?: Promise<GroupStop>;
}

const lookMs = 1000;

const options = JSON.parse(process.argv[2] ?? '{}') as GuardianOptions;
const ledger = new Ledger(options.ledger);
const forceKill = new AbortController();
const guarded = new Map<string, Guarded>();
const launching = new Set<Promise<unknown>>();
const known = new KnownProcesses(options.session, processIds());
let ending: Promise<void> | undefined;
/** Whether the session has closed the lifeline itself, and whether its process has died instead. */
let isClosed = false;
let isOrphaned = false;

const connection = messageConnection(process.stdin, process.stdout);

connection.onRequest(launchRequest, (request) => {
  const launch = answer(() => launchServer(request).catch(refuse));
  launching.add(launch);
  return launch.finally(() => launching.delete(launch));
});
connection.onRequest(stopRequest, ({ id }) => stopServer(id));
connection.onRequest(endRequest, () => {
  isClosed = true;
  return end();
});
connection.onRequest(pingRequest, () => null);
connection.onNotification(lookNotification, look);
connection.onNotification(forceKillNotification, () => forceKill.abort());

async function launchServer(request: LaunchRequest): Promise<{ pid: number }> {
  if (ending !== undefined) throw new Error('The guardian is ending.');
  if (unrecorded !== undefined) throw unrecorded;
  const { id, resourceId, command, cwd, graceMs, stopSignal } = request;
  const { child, identity, open } = await spawnGated(request, options.session);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      // First, because the notification fails when the session's process is gone.
      resolve();
      void notifyExit(id, { code, signal, ...(code === 0 ? leftRunning(id) : {}) });
    });
  });
  guarded.set(id, { process: identity, graceMs, stopSignal, exited });
  const executable = withoutLinks(command);
  try {
    ledger.append({ type: 'process', id, resourceId, process: identity, graceMs, stopSignal, executable });
  } catch (error) {
    // It still waits at its gate, and has begun nothing.
    child.kill('SIGKILL');
    guarded.delete(id);
    throw error;
  }
  known.watch(id, { leader: identity, ownDirectory: isOwnDirectory(cwd) ? cwd : undefined, executable });
  open();
  capLog(request.logFile);
  return { pid: identity.pid };
}

function refuse(error: unknown): never {
  if (isModelProviderError(error)) throw error;
  throw new ModelProviderError('SETUP_FAILED', `The guardian refused: ${messageOf(error)}`, { cause: error });
}

/** As the system names a running program. */
function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It has been removed just now: the shell of the gate says so.
    return path;
  }
}

/** Learns which processes the servers have, and writes down those that nothing else would show. */
function look(): void {
  try {
    known.look();
    for (const [id, { process: leader }] of guarded)
      known.note(id, (processes) => ledger.append({ type: 'descendants', of: leader.pid, processes }));
  } catch {
    // The disk is full, or the process table cannot be read now: the next look tries again.
  }
}

function stopServer(id: string): Promise<GroupStop> {
  const server = guarded.get(id);
  if (server === undefined) return Promise.resolve({ forced: false, survivors: [] });
  server.stop ??= endServer(id, server);
  return server.stop;
}

async function endServer(id: string, server: Guarded): Promise<GroupStop> {
  const { process: leader, graceMs, stopSignal } = server;
  // While the processes still have the parents by which they are known.
  known.look();
  const since = performance.now();
  const wasAlive = isAlive(leader);
  const { forced, survivors } = await stopGroup(leader, graceMs, forceKill.signal, stopSignal);
  const escaped = await endEscaped(() => known.living(id), {
    // What a wrapper has started in a session of its own gets its grace too.
    graceMs: forced || !wasAlive ? 0 : Math.max(0, graceMs - (performance.now() - since)),
    stopSignal,
    forceKill: forceKill.signal,
  });
  const result = { forced, survivors: [...new Set([...survivors, ...escaped])] };
  if (result.survivors.length > 0) {
    delete server.stop;
    return result;
  }
  // The group is gone before this process, its parent, is told of the exit. The session must hear of the exit
  // before it hears of the stop.
  await server.exited;
  noteStopped(leader);
  guarded.delete(id);
  known.forget(id);
  return result;
}

/** Returns why it cannot be recorded, so that it must start nothing. */
function recordSelf(): Error | undefined {
  try {
    ledger.append({ type: 'guardian', guardian: ownIdentity() });
    return undefined;
  } catch (error) {
    return error as Error;
  }
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

/** What to say of a server whose leader has ended by itself, as if all were well, while others go on. */
function leftRunning(id: string): Pick<ProcessExit, 'note'> {
  if (guarded.get(id)?.stop !== undefined) return {};
  const pids = known.living(id).map(({ pid }) => pid);
  if (pids.length === 0) return {};
  const which = `process${pids.length === 1 ? '' : 'es'} ${pids.join(', ')}`;
  return {
    note: `${which}, which it had started, went on: start it in the foreground, not as a daemon`,
  };
}

async function notifyExit(id: string, exit: ProcessExit): Promise<void> {
  try {
    await connection.sendNotification(exitNotification, { id, ...exit });
  } catch {
    // The session's process is gone.
  }
}

const none = { survivors: [] };

function onLifelineClosed(): void {
  isOrphaned ||= !isClosed;
  void end();
}

function end(): Promise<void> {
  // Whatever fails: a guardian that stayed would hold its session for ever. The ledger tells the next run.
  ending ??= endAll()
    .catch(reportFailure)
    .finally(() => process.exit());
  return ending;
}

/** The session shows it. */
function reportFailure(error: unknown): void {
  process.exitCode = 1;
  process.stderr.write(`${inspect(error)}\n`);
}

async function endAll(): Promise<void> {
  await Promise.allSettled(launching);
  await Promise.allSettled([...guarded.keys()].map(stopServer));
  // What has the mark of a server of which nothing was left any more.
  const escaped = await endEscaped(() => known.all(), { graceMs: 0 });
  const workers = isOrphaned ? await killWorkers(options.session, notedWorkers(readOrNothing(ledger))) : none;
  // What SIGKILL has not ended stays in the ledger, for the next run.
  if (guarded.size + escaped.length + workers.survivors.length === 0) {
    removeSessionDirectory(options.directory, options.session);
    ledger.remove();
  }
}

// The session handles the terminal's Ctrl-C and hang-up, and closes the lifeline when it is done.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => undefined);
process.on('SIGTERM', () => void end());
process.on('uncaughtException', (error) => {
  reportFailure(error);
  void end();
});
process.stderr.on('error', () => undefined);
process.stdout.on('error', () => undefined);
for (const event of ['end', 'error', 'close'] as const) process.stdin.on(event, onLifelineClosed);

const unrecorded = recordSelf();
setInterval(look, lookMs);
connection.listen();
