import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * The folder in which this package is installed for all end-to-end tests of a run of Jest; global-setup.cjs
 * makes it. Mini projects live below it, each in a directory that no other file of tests has, in whichever
 * worker it runs.
 */
export class Installation {
  readonly root: string;
  readonly jest = resolve(__dirname, '../../node_modules/jest/bin/jest.js');
  /** Of all runs. Jest tells projects apart in it by their path. */
  readonly cache: string;
  readonly eventsReporter: string;
  readonly plainJavaScript: string;
  readonly #directories: string[] = [];

  constructor() {
    const root = process.env['E2E_INSTALLATION'];
    if (root === undefined) throw new Error('Build the package first: npm run build');
    this.root = root;
    this.cache = join(root, 'cache');
    const kit = join(root, 'node_modules/e2e-kit/e2e/kit');
    this.eventsReporter = join(kit, 'events-reporter.js');
    this.plainJavaScript = join(kit, 'plain-javascript.js');
  }

  /** A fresh directory for one run. */
  newDirectory(): string {
    // Nothing but what makes it unique: sockets lie below it.
    const directory = mkdtempSync(`${this.root}/`);
    this.#directories.push(directory);
    return directory;
  }

  /** Removes the directories that were made here. */
  remove(): void {
    for (const directory of this.#directories) rmSync(directory, { recursive: true, force: true });
  }
}
