import { randomBytes } from 'node:crypto';
import { isModelProviderError, messageOf, ModelProviderError } from '../../pattern/errors';
import type { ResourceContext, ServerProcess } from '../../pattern/resource-context';
import { causeIn, failureMessage, type FailureHint } from '../../process/failure-report';
import { isTaken } from '../../process/ports';
import { waitUntilReady, type ReadinessCheck } from '../../process/readiness';
import {
  httpStatus,
  modelListed,
  oneToken,
  whileAlive,
  type StartingServer,
} from '../../process/readiness-checks';
import type { ModelConnection } from '../openai-compatible/client';

/** What differs between the servers that speak the OpenAI protocol on this machine. */
export interface LocalServer {
  /** For messages, for example `llama:model.gguf`. */
  readonly title: string;
  readonly command: string;
  /** The model's name in requests. */
  readonly model: string;
  /** Whether the nonce is a name that requests may use too. */
  readonly askByNonce?: boolean;
  /** The arguments for one attempt. `nonce` must be listed with the model, as another name or a tag. */
  args(port: number, nonce: string): readonly string[];
  /** The variables for one attempt; the key goes here, never into an argument. */
  env(apiKey: string): Readonly<Record<string, string>>;
  readonly passEnv?: readonly string[];
  /** Texts besides the key that must never be shown. */
  readonly secrets?: readonly string[];
  /** A check of its own, after the first token. */
  readonly lastCheck?: (server: StartingServer) => ReadinessCheck;
  readonly graceMs: number;
  readonly stallMs: number;
  /** What the server prints when its port is taken. */
  readonly portConflict: RegExp;
  readonly hints: readonly FailureHint[];
  /** Called once it is ready. */
  watch?(server: StartingServer): void;
}

const portAttempts = 3;
const requestMs = 60_000;
// A cause may stand far above the last lines, which are the traceback of its effect.
const evidenceLines = 400;

/**
 * Starts a local model server and waits until it answers: alive, healthy, the wanted model and this launch's nonce listed, one
 * token. Binds 127.0.0.1 only, with a new random key per attempt; tries another port when somebody was faster.
 *
 * @throws ModelProviderError `SETUP_FAILED` or `SETUP_STALLED`: cause first, then command, exit, last log lines and advice.
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
        // A question that hangs is a stall like any other.
        { stallMs: server.stallMs, requestMs: Math.min(requestMs, server.stallMs) },
        { signal: context.signal, progress, signOfLife: () => process.logSize() },
      );
      server.watch?.(starting);
      return { baseURL: `http://127.0.0.1:${port}/v1`, apiKey, model: server.model };
    } catch (error) {
      const logTail = process.logTail(evidenceLines);
      if (context.signal.aborted) {
        // The session ends the process. Only a start that ran out of time has anything to tell.
        const ended: unknown = context.signal.reason;
        if (!isModelProviderError(ended, 'SETUP_TIMEOUT')) throw ended;
        const reason = `${ended.message.replace(/\.$/, '')}, still ${activity}`;
        throw failure(server, { error: ended, reason, args, logTail, apiKey });
      }
      await process.stop();
      // This launch's server is gone, so whoever listens is somebody else. Not every server gets to print why it ends.
      const lostPort = (await isTaken(port)) || server.portConflict.test(logTail.join('\n'));
      if (lostPort && attempt < portAttempts) continue;
      const reason = `${messageOf(error).replace(/\.$/, '')}${lostPort ? `; its port ${port} was taken` : ''}`;
      throw failure(server, { error, reason, args, logTail, apiKey });
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
  const secrets = secretsOf(server, apiKey);
  const causeOfDeath = (evidence: string): string | undefined => causeIn(evidence, hints);
  return context.launch({ command, args, env: server.env(apiKey), passEnv, graceMs, secrets, causeOfDeath });
}

function secretsOf({ secrets = [] }: LocalServer, apiKey: string): string[] {
  return [apiKey, ...secrets];
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
  readonly apiKey: string;
}

const portHint: FailureHint = {
  pattern: /its port \d+ was taken/,
  cause: 'other programs took every port that was tried',
  fix: 'Try again; if it stays so, something on this machine takes ports as soon as they are free.',
};

function failure(
  server: LocalServer,
  { error, reason, args, logTail, apiKey }: FailedLaunch,
): ModelProviderError {
  const { title, command } = server;
  const hints = [portHint, ...server.hints];
  const message = failureMessage({
    title,
    reason,
    command: [command, ...args],
    logTail,
    hints,
    secrets: secretsOf(server, apiKey),
  });
  const known = isModelProviderError(error) ? error : undefined;
  return new ModelProviderError(known?.code ?? 'SETUP_FAILED', message, {
    cause: error,
    details: { ...known?.details, title },
  });
}
