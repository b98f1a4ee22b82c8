import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bothModes, runJest } from './run-jest';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'p-'))));
afterEach(() => rmSync(directory, { recursive: true }));

/** A file that writes down which programs and threads load it, and what it does besides. */
function preload(name: string, more: string): { readonly path: string; loadedBy(): string[] } {
  const [path, notes] = [join(directory, name), join(directory, `${name}.notes`)];
  writeFileSync(notes, '');
  writeFileSync(
    path,
    `const { workerData, isMainThread } = require('node:worker_threads');
    const program = process.argv[1]?.replace(/^.*\\/(?:dist\\/src|node_modules)\\//, '');
    const thread = workerData?.signals ? 'thread of signals' : workerData?.parent ? 'thread of the parent' : 'other thread';
    require('node:fs').appendFileSync(${JSON.stringify(notes)}, (isMainThread ? program : thread) + '\\n');
    ${more}`,
  );
  const loadedBy = (): string[] => [...new Set(readFileSync(notes, 'utf8').split('\n').slice(0, -1))].sort();
  return { path, loadedBy };
}

test.each(bothModes)(
  'processes and threads of the package get the hook of Plug’n’Play, and nothing else that is preloaded, %s',
  async (mode) => {
    const hook = preload(
      'hook.cjs',
      // Jest looks for it too, and would want a real one, with all packages.
      `Object.defineProperty(process.versions, 'pnp', { get: () => new Error().stack.includes('plug-n-play.js') ? '3' : undefined });
      const Module = require('node:module');
      const resolve = Module._resolveFilename;
      Module._resolveFilename = (name, ...others) => name === 'pnpapi' ? __filename : resolve.call(Module, name, ...others);`,
    );
    const own = preload('own.cjs', '');
    const files = {
      'a.eval.js': `const { withClient } = require('jest-model-provider');
        withClient(['embedded:novice'], (handle) =>
          test('answers', async () => expect((await handle.client.generate('2 + 3')).text).not.toBe('')));`,
    };
    const run = await runJest(files, mode, {
      env: { NODE_OPTIONS: `--require ${hook.path} --require ${own.path}` },
    });
    expect({ exit: run.exit, left: run.left, output: run.exit === 0 ? '' : run.output }).toEqual({
      exit: 0,
      left: [],
      output: '',
    });
    const jest = own.loadedBy();
    expect(jest.filter((program) => !program.startsWith('jest'))).toEqual([]);
    expect(hook.loadedBy().filter((program) => !jest.includes(program))).toEqual([
      'process/guardian/main.js',
      'providers/embedded/server/main.js',
      'thread of signals',
      ...(mode === 'in workers' ? ['thread of the parent'] : []),
    ]);
  },
);
