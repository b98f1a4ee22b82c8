import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { abortable } from '../base/abortable';
import { ModelProviderError } from '../base/errors';
import { printableLines } from '../base/printable';
import type { ProviderRegistry } from '../pattern/registry';
import { sessionClientKey, sessionVariable } from '../pattern/session-client';
import { ancestorsInGroup } from '../process/os/ancestors';
import { bypassProxiesForLoopback } from '../process/os/loopback-proxies';
import { whyUnreadable } from '../process/os/process-table';
import { moduleVersion } from '../provider-module/version';
import { continueCommand } from '../run/continue-command';
import { ProgressDisplay } from '../run/progress-display';
import type { SignalWatch } from '../process/watch/signal-watch';
import { Session } from './broker/session';
import { SessionFiles } from './broker/session-files';
import { SocketServer } from './broker/socket-server';
import { WorkerProcesses } from './broker/worker-processes';
import { directClient } from './client/direct-transport';
import { describeClose, type CloseReport } from './events/close-report';
import type { EvalBoard } from './events/eval-board';
import { LogClaims } from './events/log-claims';
import { Spending } from './events/spending';
import { TestFiles } from './events/test-files';
import { handleSignals, heardSignals, type SignalTargets } from './signals';
import { WarmResources } from './warm/warm-resources';

/** A session with its socket, as the process that owns it keeps it. */
export interface OpenSession {
  readonly session: Session;
  readonly board: EvalBoard;
  readonly providerModule: string | undefined;
  /** Whether a signal has come: nothing may begin any more, for its handler is ending this process. */
  readonly isInterrupted: boolean;
  /**
   * Ends everything; repeated calls share one end. Never resolves once a signal has come: the signal's
   * handler exits.
   */
  close(): Promise<CloseReport>;
}

export interface OpenSessionOptions {
  /** Called once the signals are watched: loading a provider module takes time. */
  readonly registry: () => Promise<ProviderRegistry>;
  /** Absolute path of the module that the registry comes from. */
  readonly providerModule?: string | undefined;
  /** Whether the session ends, as by SIGHUP, when a process that started this one is gone. */
  readonly endsWithParent?: boolean;
  readonly say?: (text: string) => void;
}

const sessionKey = Symbol.for('jest-model-provider.session');
type Owner = typeof globalThis & { [sessionKey]?: OpenSession | undefined; [sessionClientKey]?: unknown };

/** The session that this process owns, if it owns one. */
export function presentSession(): OpenSession | undefined {
  return (globalThis as Owner)[sessionKey];
}

/**
 * Opens the session of this process: watches the signals, sweeps what dead sessions left, listens on a
 * private socket and hands the address to workers by the environment. No resource is started. Never resolves
 * once a signal has come.
 *
 * @throws ModelProviderError `PLATFORM_UNSUPPORTED`, `PROVIDER_MODULE_CONFLICT`, `STATE_DIRECTORY_UNSAFE`,
 *   and what `registry` throws; nothing is left then.
 */
export async function openSocketSession(options: OpenSessionOptions): Promise<OpenSession> {
  requirePlatform();
  bypassProxiesForLoopback();
  const say = options.say ?? ((text: string) => void process.stderr.write(`${printableLines(text)}\n`));
  const display = new ProgressDisplay();
  const board: EvalBoard = {
    records: [],
    run: undefined,
    options: {},
    report: true,
    tables: true,
    spending: new Spending(),
    claims: new LogClaims(),
    files: new TestFiles(),
    untold: { records: 0, events: 0 },
    showProgress: (update) => display.show(update),
  };
  let closing: Promise<CloseReport> | undefined;
  const interruption = new AbortController();
  // A signal may come before there is anything to close: it then waits until there is, but for no user's code.
  const close = (): Promise<CloseReport> => (closing ??= opening.then((opened) => end(opened)));
  const end = async ({ session, server }: Opened): Promise<CloseReport> => {
    server.close();
    try {
      return await session.close();
    } finally {
      await signals.remove();
      // Only now, and never under a signal, whose handler exits: a second request to close it must find it
      // and wait, and a worker that Jest starts meanwhile must find that the session has ended, not that
      // there is none.
      if (!signals.hasCome) {
        delete process.env[sessionVariable];
        delete (globalThis as Owner)[sessionKey];
        delete (globalThis as Owner)[sessionClientKey];
      }
    }
  };
  const targets: SignalTargets = {
    close: async () => {
      interruption.abort();
      const { server, workers } = await opening;
      await drained(server);
      server.close();
      const [report, left] = await Promise.all([close(), workers.end()]);
      const run = await board.run?.();
      const leftBehind = [...report.leftBehind, ...left.map((pid) => `worker process ${pid}`)];
      say(describeClose({ ...report, leftBehind }));
      if (run !== undefined && existsSync(run.directory))
        say(`jest-model-provider: to go on with the evaluations: ${continueCommand(run.run)}`);
    },
    kill: async () => {
      // What is still being opened has no server. A sweep that takes long is left to the next run.
      if (opened === undefined) return;
      const { session, server, workers } = opened;
      await session.kill();
      server.close();
      await workers.end(0);
    },
    say,
  };
  const signals = handleSignals(targets, options.endsWithParent === true ? ancestorsInGroup() : []);
  let opened: Opened | undefined;
  const interrupted = interruption.signal;
  const opening = startSession(options, board, { say, protect: signals.protect, interrupted });
  try {
    opened = await opening;
  } catch (error) {
    await signals.remove();
    if (!signals.hasCome) throw error;
  }
  if (opened === undefined || signals.hasCome) return new Promise(() => undefined);
  const { session, server } = opened;
  const open: OpenSession = {
    session,
    board,
    providerModule: options.providerModule,
    get isInterrupted() {
      return signals.hasCome;
    },
    close: async () => {
      await heardSignals();
      const report = signals.hasCome ? undefined : await close();
      return report === undefined || signals.hasCome ? new Promise(() => undefined) : report;
    },
  };
  process.env[sessionVariable] = JSON.stringify(server.address);
  (globalThis as Owner)[sessionKey] = open;
  (globalThis as Owner)[sessionClientKey] = directClient(session, 'globalSetup', (record) =>
    board.records.push({ ...record, from: '' }),
  );
  return open;
}

// An evaluation that is interrupted writes down what it has; what takes longer is lost with its connection.
const drainMs = 3000;

async function drained(server: SocketServer): Promise<void> {
  const late = new AbortController();
  await Promise.race([
    server.drain(),
    delay(drainMs, undefined, { signal: late.signal }).catch(() => undefined),
  ]);
  late.abort();
}

interface Opened {
  readonly session: Session;
  readonly server: SocketServer;
  readonly workers: WorkerProcesses;
}

async function startSession(
  { registry, providerModule }: OpenSessionOptions,
  board: EvalBoard,
  {
    say,
    protect,
    interrupted,
  }: Pick<SignalTargets & SignalWatch, 'say' | 'protect'> & { readonly interrupted: AbortSignal },
): Promise<Opened> {
  const providers = await abortable(registry(), interrupted);
  const { files, swept } = await SessionFiles.create();
  protect(files.guardianOptions);
  if (swept.processes.length > 0) {
    say(`jest-model-provider: ended ${swept.processes.length} processes that an earlier run left behind`);
  }
  for (const path of swept.unknown)
    say(
      `jest-model-provider: left alone a session of another machine, container or version: if it has ended, remove ${path}`,
    );
  const warm = new WarmResources({
    moduleVersion: providerModule === undefined ? null : moduleVersion(providerModule),
    say,
  });
  const session = new Session(providers, files, { warm });
  void session.ended.then(() => warm.close());
  try {
    const workers = new WorkerProcesses(files);
    const server = await SocketServer.listen(files.socketPath, {
      session,
      board,
      providerModule,
      workers,
      say,
    });
    return { session, server, workers };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** A session for this process alone, without a socket: for scripts. */
export async function openPrivateSession(registry: ProviderRegistry): Promise<Session> {
  requirePlatform();
  bypassProxiesForLoopback();
  const { files } = await SessionFiles.create();
  return new Session(registry, files);
}

function requirePlatform(): void {
  const why = whyUnreadable();
  if (why !== undefined)
    throw new ModelProviderError(
      'PLATFORM_UNSUPPORTED',
      `jest-model-provider cannot see the processes that it owns: ${why}. Mount the proc file system of this namespace there, as unshare --mount-proc and containers do.`,
    );
  if (process.platform === 'linux' || process.platform === 'darwin') return;
  throw new ModelProviderError(
    'PLATFORM_UNSUPPORTED',
    `jest-model-provider runs on Linux and macOS, not on ${process.platform} yet: process groups and private sockets work differently there. On Windows use WSL.`,
  );
}
