import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const repository = resolve(__dirname, '../..');
const published = ['dist', 'models', 'jest-preset.js', 'package.json'];

/**
 * A folder in which this package is installed as npm would install it: a real copy below `node_modules`, its dependencies
 * beside it. Mini projects live below that folder. A link to the repository would not do: Jest would transform our own files.
 */
export class Installation {
  /** Short, because sockets lie below it. */
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'e2e-')));
  readonly jest = join(repository, 'node_modules/jest/bin/jest.js');
  readonly eventsReporter: string;
  #projects = 0;

  constructor() {
    if (!existsSync(join(repository, 'dist'))) throw new Error('Build the package first: npm run build');
    const modules = join(this.root, 'node_modules');
    mkdirSync(modules);
    for (const name of readdirSync(join(repository, 'node_modules'))) {
      if (name !== '.bin') symlinkSync(join(repository, 'node_modules', name), join(modules, name));
    }
    for (const name of published)
      cpSync(join(repository, name), join(modules, 'jest-model-provider', name), { recursive: true });
    cpSync(join(__dirname, 'kit'), join(modules, 'e2e-kit'), { recursive: true });
    this.eventsReporter = join(modules, 'e2e-kit/events-reporter.js');
  }

  /** A fresh directory for one run. */
  newDirectory(): string {
    this.#projects += 1;
    const directory = join(this.root, String(this.#projects));
    mkdirSync(directory);
    return directory;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
