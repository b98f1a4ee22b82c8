import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { PrivatePlaces } from './private-places.mjs';

// For what hangs: npm itself waits five minutes for one answer.
const limitMs = 900_000;

/** A project outside the repository that uses the packed package as any user does. */
export class ConsumerProject {
  #directory;
  #isEsm;

  /** @param files the folder to copy. @param packages what to install, the tarball among it. */
  static async install({ files, directory, isEsm = false, packages }) {
    const project = new ConsumerProject(directory, isEsm);
    mkdirSync(directory);
    cpSync(files, directory, { recursive: true });
    const type = isEsm ? 'module' : 'commonjs';
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, type }));
    await run('npm', ['install', '--save-dev', '--no-audit', '--no-fund', ...packages], { cwd: directory });
    return project;
  }

  constructor(directory, isEsm) {
    this.#directory = directory;
    this.#isEsm = isEsm;
  }

  write(name, text) {
    writeFileSync(join(this.#directory, name), text);
  }

  read(name) {
    return readFileSync(join(this.#directory, name), 'utf8');
  }

  /** Runs a package's program with the given Node. */
  run(node, program, args, options) {
    const script = join(this.#directory, 'node_modules', program);
    const PATH = `${dirname(node)}${delimiter}${process.env.PATH}`;
    return run(node, [script, ...args], {
      ...options,
      cwd: this.#directory,
      env: { PATH, NODE_OPTIONS: '', ...options?.env },
    });
  }

  /** Runs a command of an installed package as a user would. */
  npx(command, args) {
    return run('npx', ['--no-install', command, ...args], { cwd: this.#directory });
  }

  /** Runs Jest, and resolves to its `--json` result and its output. Throws if anything is left behind. */
  async jest(node, args, { mayFail = false, env } = {}) {
    const places = new PrivatePlaces();
    const inBand = args.includes('-i');
    try {
      const output = await this.run(
        node,
        'jest/bin/jest.js',
        // Programs that start programs, and a model that loads, need more than Jest's five seconds at times.
        [...args, '--testTimeout=120000', '--json', '--outputFile=result.json'],
        {
          mayFail,
          env: {
            ...places.env,
            NODE_OPTIONS: this.#isEsm ? '--experimental-vm-modules' : '',
            CONSUMER_TEST_PID: String(process.pid),
            CONSUMER_TEST_IN_BAND: inBand ? 'yes' : 'no',
            ...env,
          },
        },
      );
      const left = places.leftBehind();
      if (left.length > 0) throw new Error(`Left behind:\n${left.join('\n')}\n${output}`);
      return { output, result: JSON.parse(readFileSync(join(this.#directory, 'result.json'), 'utf8')) };
    } finally {
      places.remove();
    }
  }
}

/** Runs a program and resolves to its output. Throws, with the output, if it fails. */
export async function run(command, args, { cwd, env, mayFail = false } = {}) {
  const child = spawn(command, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment(), ...env },
    timeout: limitMs,
  });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
  const [code, signal] = await once(child, 'close');
  const output = Buffer.concat(chunks).toString();
  if (code === 0 || (mayFail && code !== null)) return output;
  throw new Error(`${command} ${args.join(' ')}\nended with ${signal ?? code}:\n${output}`);
}

// What npm tells the scripts of this package, and Jest its workers, is not true of another project.
function environment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(npm_(lifecycle|package)_|npm_config_local_prefix$|JEST_|INIT_CWD$|NODE_OPTIONS$)/.test(name),
    ),
  );
}
