// Runs every bench of package.json at its smallest size, so that a documented command always runs. Figures of
// such a run mean nothing. Without a llama-server on this machine a stand-in is measured; what a bench leaves
// out is printed.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Checks } from './checks.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// More than fetching vLLM may take, which one of them waits for.
const limitMs = 1_800_000;
const checks = new Checks();
const execute = promisify(execFile);
const temporary = mkdtempSync(join(tmpdir(), 'bench-'));

try {
  const env = { ...process.env, BENCH_SMOKE: '1', LLAMA_SERVER: llamaServer() };
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of Object.keys(scripts).filter((script) => /^bench\b/.test(script)))
    await checks.check(`npm run ${name}`, () => runBench(name, env));
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
checks.finish();

async function runBench(name, env) {
  const { stdout } = await execute('npm', ['run', '--silent', name], { cwd: root, env, timeout: limitMs });
  for (const line of stdout.split('\n').filter((text) => text.startsWith('left out: ')))
    console.log(`– ${line}`);
  if (!stdout.includes('┌')) throw new Error(`It printed no table:\n${stdout}`);
  if (/NaN|undefined/.test(stdout)) throw new Error(`A figure is missing:\n${stdout}`);
}

/**
 * A llama-server for this machine: the real one, or where there is none a server that answers as much as a
 * bench asks.
 */
function llamaServer() {
  const fetched = execFileSync(process.execPath, [join(root, 'scripts/fetch-llama-server.mjs')], {
    encoding: 'utf8',
  }).trim();
  if (!fetched.startsWith('skipped: ')) return fetched;
  console.log(`– llama-server is replaced by a stand-in: ${fetched.slice('skipped: '.length)}`);
  const program = join(temporary, 'llama-server');
  const server = join(root, '__tests__/fixtures/fake-model-server.js');
  writeFileSync(
    program,
    `#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in --version) exit;; --alias) alias=$2;; --tags) tag=$2;; --port) port=$2;; esac
  shift
done
[ -z "$LLAMA_API_KEY" ] || export FAKE_API_KEY="$LLAMA_API_KEY"
exec '${process.execPath}' '${server}' --port "$port" --alias "$alias,$tag"
`,
    { mode: 0o755 },
  );
  return program;
}
