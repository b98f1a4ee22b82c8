import { createRequire } from 'node:module';
import { processesOf } from '../support/left-behind.cjs';

// Resolved, so that a guardian that has moved fails the trials instead of never being killed.
const guardian = createRequire(import.meta.url).resolve('../../dist/src/process/guardian/main.js');

/** The processes of a run, each with its role, and with the port that it listens on if it is a server. */
export function processesByRole(temporary) {
  return processesOf(temporary).map(({ pid, command }) => ({
    pid,
    role: roleOf(command),
    port: portOf(command),
    command,
  }));
}

function roleOf(command) {
  if (command.includes(guardian)) return 'guardian';
  if (command.includes('processChild.js')) return 'worker';
  if (command.includes('--port')) return 'server';
  if (command.includes('jest.js')) return 'main';
  return 'other';
}

function portOf(command) {
  const port = / --port (\d+)/.exec(command)?.[1];
  return port === undefined ? undefined : Number(port);
}
