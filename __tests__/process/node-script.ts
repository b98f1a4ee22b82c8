import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const dist = join(__dirname, '../../dist');

/** A Node process that runs a few lines of JavaScript. */
export interface NodeScript {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly output: () => string;
  /** Resolves when the output matches; rejects when the process ends first. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code, or the signal, when the process has ended and its output has been read. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const running = new Set<ChildProcess>();

/** Starts a script, in which `require('#process/os/ports')` means the compiled `src/process/os/ports.js`. */
export function startScript(source: string, env: Record<string, string>): NodeScript {
  const code = source.replaceAll(/require\('#([^']+)'\)/g, (_, path: string) => {
    return `require(${JSON.stringify(join(dist, 'src', `${path}.js`))})`;
  });
  const child = spawn(process.execPath, ['-e', code], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  }
  child.once('exit', () => running.delete(child));
  const ended = once(child, 'close').then(
    ([code, signal]) => (code ?? signal) as Awaited<NodeScript['ended']>,
  );
  return {
    child,
    pid: child.pid ?? 0,
    output: () => text,
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(text);
          if (match !== null) resolve(match);
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        look();
        void ended.then((end) =>
          reject(new Error(`The script ended with ${end} without printing ${pattern}:\n${text}`)),
        );
      }),
  };
}

/** Kills what a failed test left running; call it once, at the top of the file. */
export function endScriptsAfterEach(): void {
  afterEach(async () => {
    await Promise.all(
      [...running].map(async (child) => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }),
    );
  });
}
