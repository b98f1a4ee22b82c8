import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const root = path.resolve(__dirname, '../../../..');
const main = path.join(root, 'dist/src/providers/embedded/server/main.js');

/** A server process of this test, with what it has printed. */
export interface ServerProcess {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  readonly stdout: () => string;
  /** Resolves when a line that matches appears on stderr; rejects when the process ends first. */
  readonly printed: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** Resolves with exit code and signal. */
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;
}

const children = new Set<ChildProcess>();

/**
 * Ends the processes that the calling test file started and left running; call it once, at the top of the
 * file.
 */
export function endServersAfterTests(): void {
  beforeAll(buildServer);
  afterAll(async () => {
    await Promise.all(
      [...children].map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }),
    );
  });
}

/** Starts `main.js` as its provider would. */
export function startServer(args: readonly string[], environment: NodeJS.ProcessEnv = {}): ServerProcess {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = once(child, 'close') as ServerProcess['ended'];
  const printed = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(output.stderr);
        if (match !== null) resolve(match);
      };
      child.stderr.on('data', look);
      look();
      void ended.then(() =>
        reject(new Error(`the server ended without printing ${pattern}:\n${output.stderr}`)),
      );
    });
  return { child, printed, ended, stderr: () => output.stderr, stdout: () => output.stdout };
}

/** Starts a server on a free port and waits until it has loaded its model. */
export async function startReadyServer(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<ServerProcess & { readonly url: string }> {
  const server = startServer([...args, '--port', '0'], environment);
  const url = (await server.printed(/listening on (http:\S+)/))[1]!;
  await server.printed(/ready in \d+ ms/);
  return { ...server, url };
}

/**
 * Brings the compiled server up to date: `npm test` has built it, a single test file run by hand may not
 * have.
 */
function buildServer(): void {
  const sources = ['src/providers/embedded', 'src/pattern'].flatMap((folder) =>
    fs.readdirSync(path.join(root, folder)).map((name) => path.join(root, folder, name)),
  );
  const newest = Math.max(...sources.map((file) => fs.statSync(file).mtimeMs));
  if (fs.existsSync(main) && fs.statSync(main).mtimeMs > newest) return;
  const config = path.join(root, 'tsconfig.build.json');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, ts.sys.readFile).config,
    ts.sys,
    root,
  );
  const program = ts.createProgram([path.join(root, 'src/providers/embedded/server/main.ts')], {
    ...options,
    declaration: false,
  });
  // Another test process may run these files meanwhile, so each is replaced at once.
  program.emit(undefined, (file, text) => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(`${file}.${process.pid}`, text);
    fs.renameSync(`${file}.${process.pid}`, file);
  });
}
