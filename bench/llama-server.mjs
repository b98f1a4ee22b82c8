import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const answer = execFileSync(process.execPath, [join(root, 'scripts/fetch-llama-server.mjs')], {
  encoding: 'utf8',
}).trim();
if (answer.startsWith('skipped: ')) throw new Error(answer);

/** The binary of the llama-server that is measured. */
export const command = answer;

/** Copies of a small model under several names, so that each counts as another model. */
export function copyModels(directory, count) {
  return Array.from({ length: count }, (_, index) => {
    const path = join(directory, `model-${index}.gguf`);
    copyFileSync(join(root, 'models/expert.gguf'), path);
    return path;
  });
}

/**
 * What one writes by hand: starts a server with the provider's arguments, and polls it without long pauses.
 *
 * @param contextSize that of all slots together.
 */
export async function startByHand(model, contextSize = 4096, slots = 1) {
  const port = await freePort();
  const args = ['-m', model, '--alias', 'm', '--host', '127.0.0.1', '--port', String(port)];
  const server = spawn(
    command,
    [...args, '-c', String(contextSize), '-np', String(slots), '-t', '1', '--fit', 'off', '--offline'],
    {
      stdio: 'ignore',
      env: { ...process.env, LLAMA_ARG_UI: 'off' },
    },
  );
  const baseURL = `http://127.0.0.1:${port}`;
  while (!(await isHealthy(baseURL))) await sleep(2);
  return { server, baseURL };
}

async function isHealthy(baseURL) {
  try {
    return (await fetch(`${baseURL}/health`)).ok;
  } catch {
    return false;
  }
}

/** Ends a server, by default with SIGKILL, and waits until it is gone. */
export async function kill({ server }, signal = 'SIGKILL') {
  const exit = once(server, 'exit');
  server.kill(signal);
  await exit;
}

/** Requests one token. */
export async function firstToken(baseURL) {
  const response = await fetch(`${baseURL}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: '2 + 3' }] }),
  });
  await response.json();
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
