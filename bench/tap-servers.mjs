// The servers behind the tap. Each is started as { baseURL, stop }, or is a text that says why it cannot run.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const model = `${root}/models/expert.gguf`;

/** One that computes nothing, and answers after so many milliseconds. */
export async function instantServer(delayMs) {
  const server = fork(fileURLToPath(new URL('tap-upstream.mjs', import.meta.url)), [String(delayMs)]);
  const [port] = await once(server, 'message');
  return { baseURL: `http://127.0.0.1:${port}/v1`, stop: () => server.disconnect() };
}

/** That of this package, with as many slots. */
export async function embeddedServer(slots) {
  const server = spawn(
    process.execPath,
    [
      `${root}/dist/src/providers/embedded/server/main.js`,
      ...['--model', model, '--alias', 'm', '--port', '0', '--parallel', String(slots)],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let baseURL;
  for await (const line of createInterface({ input: server.stderr })) {
    const [, address] = /^listening on (.*)/.exec(line) ?? [];
    if (address !== undefined) baseURL = `${address}/v1`;
    if (line.startsWith('ready')) break;
  }
  return { baseURL, stop: () => server.kill('SIGKILL') };
}

/** A real one, where it can be had. */
export async function llamaServer(slots) {
  try {
    const { kill, startByHand } = await import('./llama-server.mjs');
    const started = await startByHand(model, 256 * slots, slots);
    return { baseURL: `${started.baseURL}/v1`, stop: () => kill(started) };
  } catch (error) {
    return error.message.replace(/^skipped: /, '');
  }
}
