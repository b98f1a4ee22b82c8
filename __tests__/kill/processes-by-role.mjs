import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { processesOf } from '../support/left-behind.cjs';

// Resolved, so that a guardian that has moved fails the trials instead of never being killed.
const guardian = createRequire(import.meta.url).resolve('../../dist/src/process/guardian/main.js');

/**
 * The processes of a run, each with its role, whether it was started by the session or for it, and with the
 * port that it listens on if it is a server.
 */
export function processesByRole(temporary) {
  return processesOf(temporary).map(({ pid, command }) => ({
    pid,
    role: roleOf(command),
    port: portOf(command),
    hasSession: hasSession(pid),
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

// Jest also starts workers before there is a session, to look for files.
function hasSession(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes('jmp-');
  } catch {
    return false;
  }
}

function portOf(command) {
  const port = / --port (\d+)/.exec(command)?.[1];
  return port === undefined ? undefined : Number(port);
}
