import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ModelProviderError } from '../base/errors';
import { printableLines } from '../base/printable';
import type { ProviderRegistry } from '../pattern/registry';
import { sessionClientKey } from '../pattern/session-client';
import { moduleVersion } from '../provider-module/version';
import { continueCommand } from '../run/continue-command';
import { ProgressDisplay } from '../run/progress-display';
import { Session } from './broker/session';
import { SessionFiles } from './broker/session-files';
import { SocketServer } from './broker/socket-server';
import { directClient } from './client/direct-transport';
import { describeClose, type CloseReport } from './events/close-report';
import type { EvalBoard } from './events/eval-board';
import { LogClaims } from './events/log-claims';
import { TestFiles } from './events/test-files';
import { handleSignals } from './signals';
import { WarmResources } from './warm/warm-resources';
import { sessionVariable } from './wire/protocol';

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
  const say = options.say ?? ((text: string) => void process.stderr.write(`${printableLines(text)}\n`));
  const display = new ProgressDisplay();
  const board: EvalBoard = {
    records: [],
    run: undefined,
    claims: new LogClaims(),
    files: new TestFiles(),
    untold: { records: 0, events: 0 },
    showProgress: (update) => display.show(update),
  };
  let closing: Promise<CloseReport> | undefined;
  // A signal may come before there is anything to close: it then waits until there is.
  const close = (): Promise<CloseReport> => (closing ??= opening.then((opened) => end(opened)));
  const end = async ({ session, server }: Opened): Promise<CloseReport> => {
    server.close();
    try {
      return await session.close();
    } finally {
      await heardSignals();
      // Only now, and never under a signal, whose handler exits: a second request to close it must find it
      // and wait, and a worker that Jest starts meanwhile must find that the session has ended, not that
      // there is none.
      if (!signals.hasCome) {
        delete process.env[sessionVariable];
        delete (globalThis as Owner)[sessionKey];
        delete (globalThis as Owner)[sessionClientKey];
        signals.remove();
      }
    }
  };
  const signals = handleSignals({
    close: async () => {
      await drained((await opening).server);
      const report = await close();
      const run = await board.run?.();
      say(describeClose(report));
      if (run !== undefined && existsSync(run.directory))
        say(`jest-model-provider: to go on with the evaluations: ${continueCommand(run.run)}`);
    },
    kill: async () => (await opening).session.kill(),
    say,
  });
  const opening = startSession(options, board, say);
  const { session, server } = await opening.catch(async (error: unknown) => {
    if (!signals.hasCome) signals.remove();
    throw error;
  });
  if (signals.hasCome) return new Promise(() => undefined);
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

// A signal that came while JavaScript was busy is heard when the event loop turns, and lost if its handler is
// removed before. Jest may get from the death of its workers, which the same Ctrl-C has ended, to the end of
// the run in a single turn.
const heardSignals = promisify(setImmediate);

interface Opened {
  readonly session: Session;
  readonly server: SocketServer;
}

async function startSession(
  { registry, providerModule }: OpenSessionOptions,
  board: EvalBoard,
  say: (text: string) => void,
): Promise<Opened> {
  const providers = await registry();
  const { files, swept } = await SessionFiles.create();
  if (swept.processes.length > 0) {
    say(`jest-model-provider: ended ${swept.processes.length} processes that an earlier run left behind`);
  }
  const warm = new WarmResources({
    moduleVersion: providerModule === undefined ? null : moduleVersion(providerModule),
    say,
  });
  const session = new Session(providers, files, { warm });
  void session.ended.then(() => warm.close());
  try {
    const server = await SocketServer.listen(files.socketPath, { session, board, providerModule });
    return { session, server };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** A session for this process alone, without a socket: for scripts. */
export async function openPrivateSession(registry: ProviderRegistry): Promise<Session> {
  requirePlatform();
  const { files } = await SessionFiles.create();
  return new Session(registry, files);
}

function requirePlatform(): void {
  if (process.platform === 'linux' || process.platform === 'darwin') return;
  throw new ModelProviderError(
    'PLATFORM_UNSUPPORTED',
    `jest-model-provider runs on Linux and macOS, not on ${process.platform} yet: process groups and private sockets work differently there. On Windows use WSL.`,
  );
}
