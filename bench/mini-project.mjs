import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const published = ['dist', 'models', 'jest-preset.js', 'package.json'];

/**
 * A throw-away project in which this package is installed as npm would install it: Jest would transform the files of a link. Call the
 * result's `remove`.
 */
export function miniProject(files) {
  const directory = mkdtempSync(join(tmpdir(), 'jmp-bench-'));
  const modules = join(directory, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '.bin') symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  for (const name of published)
    cpSync(join(root, name), join(modules, 'jest-model-provider', name), { recursive: true });
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
