import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionEvent } from '../../src/session/events/events';
import { Installation } from '../support/installation';
import { killProcessesOf, leftBehind, processesOf } from '../support/left-behind.cjs';
import { chosenModes, type Mode } from '../support/modes.cjs';

export type { Mode };

/** A limit on idle memory is what makes Jest use workers for a single file too. */
const modes = {
  'in band': { args: () => ['-i'], config: {} },
  'in workers': {
    args: (workers: number) => ['-w', String(workers)],
    config: { workerIdleMemoryLimit: '4GB' },
  },
};

/** Every end-to-end rule holds in both; E2E_MODES chooses one, for a quick run. */
export const bothModes = chosenModes();

export interface RunOptions {
  /** What the project's Jest configuration says besides the preset. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** More arguments of the jest command line. */
  readonly args?: readonly string[];
  /** Jest's reporters; by default its own and that of the package. */
  readonly reporters?: readonly string[];
  /** How many workers there are, in a mode that has some; 2 by default. */
  readonly workers?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether its JavaScript goes through Babel, as the preset has it. */
  readonly hasBabel?: boolean;
  /** The project of an earlier run, to be run again; files that are given are written anew. */
  readonly project?: string;
  /** The state directory of an earlier run, with what it has learned. */
  readonly state?: string;
  /**
   * Whether jest gets a terminal, which passes on what is typed; the main process is then that of `script`.
   */
  readonly terminal?: boolean;
  /** A command that runs jest, whose words are put behind it; the main process is then its own. */
  readonly through?: readonly string[];
  /** Milliseconds for the run, and for each thing that is waited for in it. */
  readonly limitMs?: number;
}

/** How one test of a mini project ended. */
export interface TestOutcome {
  readonly title: string;
  readonly status: string;
  readonly message: string;
  /** The name of its file and its line there, with --testLocationInResults. */
  readonly file?: string;
  readonly line?: number;
}

/** A finished run of the real jest command. */
export interface JestRun {
  /** The main process. */
  readonly pid: number;
  /** The folder of the mini project. */
  readonly project: string;
  /** Where it keeps its ledger and what it has learned. */
  readonly state: string;
  /** The exit code, or the signal that ended the main process. */
  readonly exit: number | string | null;
  /** Standard output and standard error, as they came. */
  readonly output: string;
  /** Every test by full name, and every file that could not run, by its name. */
  readonly tests: readonly TestOutcome[];
  readonly notes: readonly string[];
  readonly events: readonly SessionEvent[];
  /** What is still there some seconds after the end. Empty is the rule. */
  readonly left: readonly string[];
}

/** The preset's own pattern, so that what is given for it takes the place of Babel. */
const javaScript = String.raw`\.[cm]?jsx?$`;
// All of these only end what hangs. They are far longer than anything takes, for a machine may stand still.
const usualLimitMs = 180_000;
const leftBehindLimitMs = 60_000;
const testLimitMs = 120_000;
// A hook may wait for two runs, each of which has limits of its own.
jest.setTimeout(2 * (usualLimitMs + leftBehindLimitMs + 10_000));

let installation: Installation | undefined;
const started = new Set<RunningJest>();
afterAll(() => {
  // A test that failed may not have waited for its run.
  for (const run of started) run.killAll();
  installation?.remove();
});

/** Writes a mini project, runs jest on it, and waits for its end. */
export async function runJest(
  files: Readonly<Record<string, string>>,
  mode: Mode,
  options: RunOptions = {},
): Promise<JestRun> {
  return startJest(files, mode, options).finished();
}

/** Writes a mini project and starts jest on it. */
export function startJest(
  files: Readonly<Record<string, string>>,
  mode: Mode,
  options: RunOptions = {},
): RunningJest {
  installation ??= new Installation();
  const run = new RunningJest(installation, files, mode, options);
  started.add(run);
  return run;
}

/** A jest process under way. */
export class RunningJest {
  readonly project: string;
  readonly #temporary: string;
  readonly #state: string;
  readonly #notes: string;
  readonly #events: string;
  readonly #results: string;
  readonly #draft: string;
  readonly #limitMs: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string | null>;
  #output = '';

  constructor(
    installed: Installation,
    files: Readonly<Record<string, string>>,
    mode: Mode,
    {
      config,
      args = [],
      reporters = ['default', 'jest-model-provider/reporter'],
      workers = 2,
      env = {},
      hasBabel = false,
      terminal = false,
      through = [],
      project,
      state,
      limitMs = usualLimitMs,
    }: RunOptions,
  ) {
    this.#limitMs = limitMs;
    const directory = installed.newDirectory();
    const place = (name: string): string => join(directory, name);
    [this.project, this.#temporary, this.#state] = [project ?? place('p'), place('t'), state ?? place('s')];
    [this.#notes, this.#events, this.#results] = [
      place('notes'),
      place('events.json'),
      place('results.json'),
    ];
    this.#draft = place('draft');
    for (const made of [this.project, this.#temporary, this.#state]) mkdirSync(made, { recursive: true });
    writeFileSync(this.#notes, '');
    const configuration = {
      preset: 'jest-model-provider',
      ...(hasBabel ? {} : { transform: { [javaScript]: installed.plainJavaScript } }),
      ...modes[mode].config,
      ...config,
    };
    this.write({ 'package.json': '{}', 'jest.config.json': JSON.stringify(configuration), ...files });
    const command = [
      ...through,
      process.execPath,
      installed.jest,
      ...modes[mode].args(workers),
      ...['--json', '--outputFile', this.#results, '--cacheDirectory', installed.cache],
      // Not Jest's 5 s, which run out when the machine stands still. A test that is about a limit has its own.
      ...['--testTimeout', String(testLimitMs)],
      ...[...reporters, installed.eventsReporter].flatMap((reporter) => ['--reporters', reporter]),
      ...args,
    ];
    const [file = '', ...rest] = terminal ? inTerminal(command) : command;
    this.#child = spawn(file, rest, {
      cwd: this.project,
      // A group of its own, so that a signal to the group is what Ctrl-C in a terminal is.
      detached: true,
      env: {
        ...environment(),
        TMPDIR: this.#temporary,
        XDG_STATE_HOME: this.#state,
        E2E_NOTES: this.#notes,
        E2E_EVENTS: this.#events,
        ...env,
      },
    });
    // A chunk may end within a character.
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    this.#ended = new Promise((resolve) =>
      this.#child.once('close', (code, signal) => resolve(code ?? signal)),
    );
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('jest could not be started');
    return this.#child.pid;
  }

  get output(): string {
    return this.#output;
  }

  get notes(): string[] {
    return readFileSync(this.#notes, 'utf8').split('\n').slice(0, -1);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.project, name)), { recursive: true });
      // At once: a jest that watches would run what is only begun, and not see the rest while it runs.
      writeFileSync(this.#draft, text);
      renameSync(this.#draft, join(this.project, name));
    }
  }

  /** Types into jest's terminal. */
  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Adds a line to the run's notes, for which its specs may wait. */
  note(line: string): void {
    writeFileSync(this.#notes, `${line}\n`, { flag: 'a' });
  }

  /** Waits until the run has noted `line` that often. */
  async noted(line: string, times = 1): Promise<void> {
    await this.until(
      `the note "${line}" ${times} times`,
      () => this.notes.filter((other) => other === line).length >= times,
    );
  }

  /** The process groups of its servers, by the commands that lead them. */
  serverGroups(command: RegExp): number[] {
    return processesOf(this.#temporary).flatMap((found) => (command.test(found.command) ? [found.pid] : []));
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    const deadline = performance.now() + this.#limitMs;
    while (!condition()) {
      if (!this.isRunning) throw new Error(`jest ended before ${what}:\n${this.#output}`);
      if (performance.now() > deadline) await this.#giveUp(`no ${what}`);
      await sleep(10);
    }
  }

  async finished(): Promise<JestRun> {
    const late = new AbortController();
    let isLate = false;
    const limit = sleep(this.#limitMs, undefined, { signal: late.signal }).then(
      () => {
        isLate = true;
        return this.#giveUp('no end');
      },
      () => undefined as never,
    );
    const exit = await Promise.race([this.#ended, limit]);
    late.abort();
    // Given up, it ends too.
    if (isLate) await limit;
    return {
      pid: this.pid,
      project: this.project,
      state: this.#state,
      exit,
      output: this.#output,
      tests: existsSync(this.#results) ? readOutcomes(this.#results) : [],
      notes: this.notes,
      events: existsSync(this.#events)
        ? (JSON.parse(readFileSync(this.#events, 'utf8')) as SessionEvent[])
        : [],
      left: await this.#left(),
    };
  }

  async #left(): Promise<string[]> {
    const places = { temporary: this.#temporary, state: this.#state };
    const deadline = performance.now() + leftBehindLimitMs;
    while (leftBehind(places).length > 0 && performance.now() < deadline) await sleep(20);
    const left = leftBehind(places);
    this.killAll();
    return left;
  }

  async #giveUp(what: string): Promise<never> {
    this.killAll();
    await this.#ended;
    throw new Error(`${what} within ${this.#limitMs} ms:\n${this.#output}`);
  }

  /** Kills whatever of the run is still there. */
  killAll(): void {
    killProcessesOf(this.#temporary);
  }
}

/** The command under script(1), which makes a terminal and passes on what it reads, and the exit code. */
function inTerminal(command: readonly string[]): string[] {
  // That of the BSDs takes the command as it is, and writes at once.
  if (process.platform !== 'linux') return ['script', '-q', '/dev/null', ...command];
  const quoted = command.map((part) => `'${part.replaceAll("'", String.raw`'\''`)}'`);
  return ['script', '--quiet', '--return', '--flush', '--command', quoted.join(' '), '/dev/null'];
}

/** The environment of this process without what a jest around us, an agent or a CI has put there. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG } = process.env;
  return { PATH, HOME, LANG, CI: 'true' };
}

interface JsonResults {
  testResults: {
    name: string;
    message: string;
    status: string;
    assertionResults: {
      fullName: string;
      status: string;
      failureMessages: string[] | null;
      location: { line: number } | null;
    }[];
  }[];
}

function readOutcomes(path: string): TestOutcome[] {
  const { testResults } = JSON.parse(readFileSync(path, 'utf8')) as JsonResults;
  return testResults.flatMap(({ name, message, status, assertionResults }) => {
    const title = name.slice(name.lastIndexOf('/') + 1);
    const tests = assertionResults.map(({ location, ...test }) => ({
      title: test.fullName,
      status: test.status,
      message: (test.failureMessages ?? []).join('\n'),
      ...(location === null ? {} : { file: title, line: location.line }),
    }));
    const file = { title, status, message };
    return tests.some((test) => test.status === 'failed') || status === 'passed' ? tests : [file, ...tests];
  });
}
