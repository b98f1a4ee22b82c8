import { randomBytes } from 'node:crypto';
import { isModelProviderError, messageOf, ModelProviderError } from '../../base/errors';
import type { ResourceContext, ServerProcess } from '../../pattern/resource-context';
import { causeIn, failureMessage, type FailureHint } from '../../process/output/failure-report';
import { isTaken } from '../../process/os/ports';
import { waitUntilReady, type ReadinessCheck } from '../../process/readiness/readiness';
import {
  httpStatus,
  modelListed,
  oneToken,
  whileAlive,
  type StartingServer,
} from '../../process/readiness/readiness-checks';
import type { ModelConnection } from '../../pattern/model-connection';

/** One server to start. Local servers that speak the OpenAI protocol differ in this. */
export interface LocalServer {
  /** The name for messages, for example `llama:model.gguf`. */
  readonly title: string;
  readonly command: string;
  /** The model's name in requests. */
  readonly model: string;
  /** Whether requests may name the model by the nonce. */
  readonly askByNonce?: boolean;
  /** The arguments for one attempt. The server must list `nonce` with the model, as another name or a tag. */
  args(port: number, nonce: string): readonly string[];
  /** The variables for one attempt. The key belongs here, never into an argument. */
  env(apiKey: string): Readonly<Record<string, string>>;
  readonly passEnv?: readonly string[];
  /** Further texts, besides the key, that must never be shown. */
  readonly secrets?: readonly string[];
  /** A check after the first token. */
  readonly lastCheck?: (server: StartingServer) => ReadinessCheck;
  readonly graceMs: number;
  readonly stallMs: number;
  /** The server's output when its port is taken. */
  readonly portConflict: RegExp;
  readonly hints: readonly FailureHint[];
  /** Called once the server is ready. */
  watch?(server: StartingServer): void;
}

const portAttempts = 3;
const requestMs = 60_000;
// The cause may be far above the last lines, which are the traceback of its effect.
const evidenceLines = 400;

/**
 * Starts a local model server and waits until it is ready: alive, healthy, the wanted model and this launch's
 * nonce listed, one token answered. Binds 127.0.0.1 only, with a new random key per attempt. Tries another
 * port if another process took the first.
 *
 * @throws ModelProviderError `SETUP_FAILED` or `SETUP_STALLED`: cause first, then command, exit, last log
 *   lines and advice.
 */
export async function startLocalServer(
  server: LocalServer,
  context: ResourceContext,
): Promise<ModelConnection> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await context.freePort();
    const nonce = `jmp-${randomBytes(8).toString('hex')}`;
    const apiKey = randomBytes(32).toString('hex');
    const args = server.args(port, nonce);
    const process = await launch(server, context, args, apiKey);
    const starting: StartingServer = {
      process,
      port,
      apiKey,
      model: server.model,
      nonce,
      askAs: server.askByNonce === true ? nonce : server.model,
    };
    let activity = '';
    const progress = (message: string): void => context.progress((activity = message));
    try {
      await waitUntilReady(
        checks(server, starting),
        // A request that hangs is a stall like any other.
        { stallMs: server.stallMs, requestMs: Math.min(requestMs, server.stallMs) },
        { signal: context.signal, progress, signOfLife: () => process.logSize() },
      );
      server.watch?.(starting);
      return { baseURL: `http://127.0.0.1:${port}/v1`, apiKey, model: server.model };
    } catch (error) {
      const logTail = process.logTail(evidenceLines);
      if (context.signal.aborted) {
        // The session ends the process. Only a start that ran out of time has something to report.
        const ended: unknown = context.signal.reason;
        if (!isModelProviderError(ended, 'SETUP_TIMEOUT')) throw ended;
        const reason = `${ended.message.replace(/\.$/, '')}, still ${activity}`;
        throw failure(server, { error: ended, reason, args, logTail });
      }
      await process.stop();
      // This launch's server has ended, so another process listens there. Some servers end before they print
      // why.
      const lostPort = (await isTaken(port)) || server.portConflict.test(logTail.join('\n'));
      if (lostPort && attempt < portAttempts) continue;
      const reason = `${messageOf(error).replace(/\.$/, '')}${lostPort ? `; its port ${port} was taken` : ''}`;
      throw failure(server, { error, reason, args, logTail });
    }
  }
}

function launch(
  server: LocalServer,
  context: ResourceContext,
  args: readonly string[],
  apiKey: string,
): Promise<ServerProcess> {
  context.progress('starting its process');
  const { command, passEnv = [], graceMs, hints } = server;
  const secrets = [apiKey, ...(server.secrets ?? [])];
  const causeOfDeath = (evidence: string): string | undefined => causeIn(evidence, hints);
  return context.launch({ command, args, env: server.env(apiKey), passEnv, graceMs, secrets, causeOfDeath });
}

function checks({ lastCheck }: LocalServer, server: StartingServer): ReadinessCheck[] {
  const usual = [httpStatus(server, '/health', 'health'), modelListed(server), oneToken(server)];
  const all = lastCheck === undefined ? usual : [...usual, lastCheck(server)];
  return all.map((check) => whileAlive(server, check));
}

interface FailedLaunch {
  readonly error: unknown;
  readonly reason: string;
  readonly args: readonly string[];
  readonly logTail: readonly string[];
}

const portHint: FailureHint = {
  pattern: /its port \d+ was taken/,
  cause: 'other programs took every port that was tried',
  fix: 'Try again; if it stays so, something on this machine takes ports as soon as they are free.',
};

function failure(server: LocalServer, { error, reason, args, logTail }: FailedLaunch): ModelProviderError {
  const { title, command } = server;
  const hints = [portHint, ...server.hints];
  const message = failureMessage({ title, reason, command: [command, ...args], logTail, hints });
  const known = isModelProviderError(error) ? error : undefined;
  return new ModelProviderError(known?.code ?? 'SETUP_FAILED', message, {
    cause: error,
    details: { ...known?.details, title },
  });
}
