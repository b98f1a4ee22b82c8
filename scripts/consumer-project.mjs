import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { PrivatePlaces } from './private-places.mjs';

// For what hangs: npm itself waits five minutes for one answer.
const limitMs = 900_000;

/** A project outside the repository that uses the packed package as any user does. */
export class ConsumerProject {
  #directory;
  #manager;
  #node;
  #nodeOptions;

  /**
   * @param directory where its `package.json` lies. @param manager what runs its commands, of
   *   package-managers.mjs. @param node the Node that runs everything. @param usesModules whether Jest needs the
   *   flag of Node for ES modules.
   */
  constructor({ directory, manager, node = process.execPath, usesModules = false }) {
    this.#directory = directory;
    this.#manager = manager;
    this.#node = node;
    this.#nodeOptions = usesModules ? '--experimental-vm-modules' : '';
  }

  get directory() {
    return this.#directory;
  }

  write(name, text) {
    writeFileSync(join(this.#directory, name), text);
  }

  read(name) {
    return readFileSync(join(this.#directory, name), 'utf8');
  }

  /** Installs what the `package.json` of the project, or of a folder above it, names. */
  install(folder = this.#directory) {
    return this.#manager.install({ cwd: folder, env: this.#env() });
  }

  /** Runs a command of an installed package as a user would: by `npx`, `pnpm exec` or `yarn run`. */
  exec(command, args, { env, mayFail } = {}) {
    return this.#manager.exec([command, ...args], {
      cwd: this.#directory,
      env: { ...this.#env(), ...env },
      mayFail,
    });
  }

  /** Runs a line of a shell in the project's folder. */
  shell(line, { env } = {}) {
    return run('sh', ['-c', line], { cwd: this.#directory, env: { ...this.#env(), ...env } });
  }

  /** Runs Jest, and resolves to its `--json` result and its output. Throws if anything is left behind. */
  jest(args, { mayFail = false, env } = {}) {
    return this.watched(async (places) => {
      const output = await this.exec(
        'jest',
        // Programs that start programs, and a model that loads, need more than Jest's five seconds at times.
        [...args, '--testTimeout=120000', '--json', '--outputFile=result.json'],
        {
          mayFail,
          env: {
            ...places,
            NODE_OPTIONS: this.#nodeOptions,
            CONSUMER_TEST_IN_BAND: args.includes('-i') ? 'yes' : 'no',
            ...env,
          },
        },
      );
      if (!existsSync(join(this.#directory, 'result.json')))
        throw new Error(`There is no result:\n${output}`);
      return { output, result: JSON.parse(this.read('result.json')) };
    });
  }

  /** Lets `work` run in private places, and throws if anything is left behind there. */
  async watched(work) {
    const places = new PrivatePlaces();
    try {
      const result = await work(places.env);
      const left = places.leftBehind();
      if (left.length > 0) throw new Error(`Left behind:\n${left.join('\n')}\n${result?.output ?? result}`);
      return result;
    } finally {
      places.remove();
    }
  }

  #env() {
    return { PATH: `${dirname(this.#node)}${delimiter}${process.env.PATH}` };
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
