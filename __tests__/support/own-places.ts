import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ledgersIn } from './left-behind.cjs';

/** The directories that every test of a file has for itself; nothing else of the machine is touched. */
export interface OwnPlaces {
  readonly directory: string;
  readonly temporary: string;
  readonly state: string;
  /** For processes that the test starts. */
  readonly env: Record<string, string>;
  /** Session directories and ledgers that are still there. */
  left(): string[];
}

/**
 * Gives each test of the calling file its own XDG_STATE_HOME, and the processes that it starts their own
 * TMPDIR too (Node's `os` does not see what a Jest test writes into `process.env`); call it once, at the top
 * of the file.
 */
export function ownPlaces(): OwnPlaces {
  const before = process.env['XDG_STATE_HOME'];
  const made: string[] = [];
  let directory = '';
  const within = (name: string): string => join(directory, name);
  const places: OwnPlaces = {
    get directory() {
      return directory;
    },
    get temporary() {
      return within('t');
    },
    get state() {
      return within('s');
    },
    get env() {
      const { PATH = '', HOME = '' } = process.env;
      return { PATH, HOME, TMPDIR: places.temporary, XDG_STATE_HOME: places.state };
    },
    left: () => [...readdirSync(places.temporary), ...ledgersIn(places.state)],
  };
  beforeEach(() => {
    // Short, since a Unix socket's path has about a hundred characters.
    directory = mkdtempSync(join(realpathSync(tmpdir()), 'jp-'));
    made.push(directory);
    for (const path of [places.temporary, places.state]) mkdirSync(path);
    process.env['XDG_STATE_HOME'] = places.state;
  });
  // Not after each test: what a test has started is ended by hooks that may run later than one here.
  afterAll(() => {
    if (before === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = before;
    for (const path of made) rmSync(path, { recursive: true, force: true });
  });
  return places;
}
