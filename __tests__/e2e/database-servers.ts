import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { processesIn } from '../support/processes.cjs';
import type { JestRun } from './run-jest';

/** Code of a test that notes where the server of `handle` has its data, for {@link leftOfDatabaseServers}. */
export const noteDirectory = `note((await handle.client.query('SHOW data_directory')).rows[0].data_directory);`;

/**
 * What is left of the servers whose directories a run has noted: these, and processes that work in them. So
 * backends are found too, which leave the group of their server and hide their environment.
 */
export function leftOfDatabaseServers({ notes }: JestRun): string[] {
  const directories = notes.filter((line) => line.startsWith('/')).map((data) => dirname(data));
  expect(directories.length).toBeGreaterThan(0);
  const processes = directories.flatMap((directory) =>
    processesIn(directory).map(({ pid }) => `process ${pid}`),
  );
  return [...processes, ...directories.filter((directory) => existsSync(directory))];
}
