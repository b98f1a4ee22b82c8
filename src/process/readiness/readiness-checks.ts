import { ModelProviderError } from '../../base/errors';
import type { ServerProcess } from '../../pattern/resource-context';
import { loopbackRequest, type LoopbackAnswer } from './loopback-request';
import type { ReadinessCheck } from './readiness';
import { describeExit } from '../guardian/describe-exit';

/** A local OpenAI-compatible server that is starting. */
export interface StartingServer {
  readonly process: ServerProcess;
  readonly port: number;
  readonly apiKey: string;
  /** The name by which clients ask for the model. */
  readonly model: string;
  /** This launch's mark in the model list: only the server that was started lists it. */
  readonly nonce: string;
  /** The name by which the first token is requested: the model's name or the nonce. */
  readonly askAs: string;
}

/** Fails as soon as the process has ended, whatever its exit code: an exit before readiness is a failure. */
export function whileAlive(server: StartingServer, check: ReadinessCheck): ReadinessCheck {
  const died = server.process.exited.then((exit) => {
    throw new ModelProviderError('SETUP_FAILED', `The server ${describeExit(exit)} before it was ready`, {
      details: { ...exit },
    });
  });
  died.catch(() => undefined);
  return { title: check.title, check: (signal) => Promise.race([check.check(signal), died]) };
}

/** `GET path` answers 200. */
export function httpStatus(server: StartingServer, path: string, title: string): ReadinessCheck {
  return {
    title,
    check: (signal) =>
      ask(
        () => loopbackRequest({ port: server.port, path, apiKey: server.apiKey, signal }),
        () => true,
      ),
  };
}

/**
 * The model list names the model and this launch's nonce.
 *
 * @throws ModelProviderError `SETUP_FAILED` if a complete list lacks the nonce: another server has the port.
 */
export function modelListed(server: StartingServer): ReadinessCheck {
  return {
    title: 'model list',
    check: (signal) =>
      ask(
        () => loopbackRequest({ port: server.port, path: '/v1/models', apiKey: server.apiKey, signal }),
        ({ body }) => {
          if (body.includes(JSON.stringify(server.nonce)) && body.includes(JSON.stringify(server.model)))
            return true;
          throw new ModelProviderError(
            'SETUP_FAILED',
            `Another server answers on port ${server.port}: it does not list the model "${server.model}" of this launch`,
          );
        },
      ),
  };
}

/**
 * The wanted model answers one greedy token: a server may be healthy and list models long before it can do
 * that.
 *
 * @throws ModelProviderError `SETUP_FAILED` if another model answers.
 */
export function oneToken(server: StartingServer): ReadinessCheck {
  const body = {
    model: server.askAs,
    messages: [{ role: 'user', content: 'Hi' }],
    max_tokens: 1,
    temperature: 0,
  };
  return {
    title: 'first token',
    check: (signal) =>
      ask(
        () =>
          loopbackRequest({
            port: server.port,
            path: '/v1/chat/completions',
            method: 'POST',
            apiKey: server.apiKey,
            body,
            signal,
          }),
        (answer) => {
          if (!answer.body.includes('"choices"')) return 'an answer without choices';
          const model = modelOf(answer);
          if (model === undefined || model === server.model || model === server.askAs) return true;
          throw new ModelProviderError(
            'SETUP_FAILED',
            `The server on port ${server.port} answers with the model ${JSON.stringify(model)} instead of "${server.model}"`,
          );
        },
        ({ status }) => (status === 404 && server.askAs === server.nonce ? strangerAt(server) : undefined),
      ),
  };
}

function modelOf({ body }: LoopbackAnswer): unknown {
  try {
    return (JSON.parse(body) as { model?: unknown }).model;
  } catch {
    return undefined;
  }
}

/** The error about a server that does not know the nonce, so that it is not the one that was started. */
function strangerAt(server: StartingServer): ModelProviderError {
  return new ModelProviderError(
    'SETUP_FAILED',
    `Another server answers on port ${server.port}: it does not know this launch's name of the model "${server.model}"`,
  );
}

async function ask(
  send: () => Promise<LoopbackAnswer>,
  judge: (answer: LoopbackAnswer) => true | string,
  refuse: (answer: LoopbackAnswer) => Error | undefined = () => undefined,
): Promise<true | string> {
  try {
    const answer = await send();
    const refusal = refuse(answer);
    if (refusal !== undefined) throw refusal;
    return answer.status === 200 ? judge(answer) : `HTTP ${answer.status}`;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'EPIPE') return `connection ${code}`;
    throw error;
  }
}
