import { ModelProviderError } from '../pattern/errors';
import { hostKey } from '../pattern/host';
import type { ProviderRegistry } from '../pattern/registry';
import { directHost } from './direct-link';
import { sessionVariable } from './protocol';
import { Session, type CloseReport } from './session';
import { SessionPlace } from './session-place';
import { handleSignals } from './signals';
import { SocketServer } from './socket-server';

/** A session with its socket, as the process that owns it keeps it. */
export interface OpenSession {
  readonly session: Session;
  readonly providerModule: string | undefined;
  /** Ends everything; repeated calls share one end. Never resolves once a signal has come: the signal's handler exits. */
  close(): Promise<CloseReport>;
}

export interface OpenSessionOptions {
  readonly registry: ProviderRegistry;
  /** Absolute path of the module that the registry came from. */
  readonly providerModule?: string | undefined;
  readonly say?: (text: string) => void;
}

const sessionKey = Symbol.for('jest-model-provider.session');
type Owner = typeof globalThis & { [sessionKey]?: OpenSession | undefined; [hostKey]?: unknown };

/** The session that this process owns, if it owns one. */
export function presentSession(): OpenSession | undefined {
  return (globalThis as Owner)[sessionKey];
}

/**
 * Opens the session of this process: sweeps what dead ones left, listens on a private socket, hands the address to workers by
 * the environment, and watches the signals. No resource is started.
 *
 * @throws ModelProviderError `PLATFORM_UNSUPPORTED`, `PROVIDER_MODULE_CONFLICT`, `STATE_DIRECTORY_UNSAFE`; nothing is left then.
 */
export async function openSocketSession(options: OpenSessionOptions): Promise<OpenSession> {
  requirePlatform();
  const say = options.say ?? ((text: string) => void process.stderr.write(`${text}\n`));
  const { place, swept } = await SessionPlace.create();
  if (swept.processes.length > 0) {
    say(`jest-model-provider: ended ${swept.processes.length} processes that an earlier run left behind`);
  }
  const session = new Session(options.registry, place);
  const server = await SocketServer.listen(session, place.socketPath, options.providerModule).catch(
    async (error: unknown) => {
      await session.close();
      throw error;
    },
  );
  let closing: Promise<CloseReport> | undefined;
  const end = async (): Promise<CloseReport> => {
    delete process.env[sessionVariable];
    server.close();
    try {
      return await session.close();
    } finally {
      // Only now: whoever asks to close it again must find it, and wait.
      delete (globalThis as Owner)[sessionKey];
      delete (globalThis as Owner)[hostKey];
      signals.remove();
    }
  };
  const close = (): Promise<CloseReport> => (closing ??= end());
  const signals = handleSignals({ close, kill: () => session.kill(), say });
  const open: OpenSession = {
    session,
    providerModule: options.providerModule,
    close: () => (signals.hasCome ? new Promise(() => undefined) : close()),
  };
  process.env[sessionVariable] = JSON.stringify(server.address);
  (globalThis as Owner)[sessionKey] = open;
  (globalThis as Owner)[hostKey] = directHost(session, 'globalSetup');
  return open;
}

/** A session for this process alone, without a socket: for scripts. */
export async function openPrivateSession(registry: ProviderRegistry): Promise<Session> {
  requirePlatform();
  const { place } = await SessionPlace.create();
  return new Session(registry, place);
}

function requirePlatform(): void {
  if (process.platform === 'linux' || process.platform === 'darwin') return;
  throw new ModelProviderError(
    'PLATFORM_UNSUPPORTED',
    `jest-model-provider runs on Linux and macOS, not on ${process.platform} yet: process groups and private sockets work differently there. On Windows use WSL.`,
  );
}
