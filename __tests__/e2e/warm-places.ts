import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Installation } from '../support/installation';
import { killProcessesOf, leftBehind, type RunPlaces } from '../support/left-behind.cjs';
import type { RunOptions } from './run-jest';

/** What `status --json` says of a supervisor. */
export interface Status {
  readonly pid: number;
  readonly endsInMs: number | null;
  readonly resources: readonly {
    readonly spec: string;
    readonly config: unknown;
    readonly resourceId: string;
    readonly pids: readonly number[];
    readonly holders: readonly string[];
  }[];
}

/** How a command ended. */
export interface CommandEnd {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * A project with a supervisor of its own, whose runs of Jest and commands see each other. Call it once, at
 * the top of a file.
 */
export class WarmPlaces {
  readonly #installation = new Installation();
  #places: RunPlaces & { readonly project: string } = { temporary: '', state: '', project: '' };

  constructor() {
    beforeEach(() => {
      const directory = this.#installation.newDirectory();
      const within = (name: string): string => join(directory, name);
      this.#places = { project: within('my project'), temporary: within('t'), state: within('s') };
      for (const path of Object.values(this.#places)) mkdirSync(path);
      this.write({ 'package.json': '{}' });
    });
    afterEach(() => killProcessesOf(this.#places.temporary));
    afterAll(() => this.#installation.remove());
  }

  get project(): string {
    return this.#places.project;
  }

  get env(): Record<string, string> {
    const { temporary, state } = this.#places;
    return { TMPDIR: temporary, XDG_STATE_HOME: state };
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.project, name), text);
  }

  /** Options for a run of Jest in this project. */
  run(more: RunOptions = {}): RunOptions {
    return { ...more, project: this.project, env: { ...this.env, ...more.env } };
  }

  /** Runs the command line tool to its end. */
  command(...args: string[]): CommandEnd {
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.#program, ...args], this.#spawning);
    return { exit: status, out: stdout, err: stderr };
  }

  /** The same without waiting for it; rejects if it fails. */
  async commandAside(...args: string[]): Promise<{ readonly out: string }> {
    const { stdout } = await promisify(execFile)(process.execPath, [this.#program, ...args], this.#spawning);
    return { out: stdout };
  }

  get #program(): string {
    return join(this.#installation.root, 'node_modules/jest-model-provider/dist/src/cli/main.js');
  }

  get #spawning() {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, ...this.env, E2E_NOTES: join(this.project, 'notes') };
    return { cwd: this.project, encoding: 'utf8' as const, env };
  }

  /** What a command that succeeds prints with `--json`. */
  json<T = unknown>(...args: string[]): T {
    const { exit, out, err } = this.command(...args, '--json');
    if (exit !== 0) throw new Error(`${args.join(' ')} ended with ${exit}:\n${err}`);
    return JSON.parse(out) as T;
  }

  up(...args: string[]): { readonly supervisor: Status; readonly loaded: readonly string[] } {
    return this.json('up', ...args);
  }

  /** Of the supervisor, which must be there. */
  status(): Status {
    return this.json<{ supervisor: Status }>('status').supervisor;
  }

  left(): string[] {
    return leftBehind(this.#places);
  }
}
