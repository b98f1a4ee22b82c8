import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackage } from '../__tests__/support/install-package.cjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * A throw-away project in which this package is installed as npm would install it. Call the result's
 * `remove`.
 */
export function miniProject(files) {
  const directory = mkdtempSync(join(tmpdir(), 'jmp-bench-'));
  installPackage(directory);
  writeFileSync(join(directory, 'package.json'), '{ "name": "bench", "private": true }');
  const write = (more) => {
    for (const [name, text] of Object.entries(more)) writeFileSync(join(directory, name), text);
  };
  write(files);
  return { directory, write, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Runs jest in a mini project; resolves to the wall time and what it printed. Rejects if a test fails. */
export function runJest(directory, args) {
  const start = performance.now();
  const child = spawn(process.execPath, [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), ...args], {
    cwd: directory,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      if (code === 0) resolve({ wallMs: performance.now() - start, output });
      else reject(new Error(`jest failed with ${code}:\n${output}`));
    });
  });
}
