import { readdirSync, readFileSync } from 'node:fs';

/**
 * Every living process with `mark` in its environment: whatever a run starts inherits its private TMPDIR, in whichever
 * session or group it is.
 */
export function markedProcesses(mark) {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'utf8').includes(mark)) return [];
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return [{ pid: Number(name), role: roleOf(command), port: portOf(command), command }];
    } catch {
      return [];
    }
  });
}

function roleOf(command) {
  if (command.includes('/process/guardian.js')) return 'guardian';
  if (command.includes('processChild.js')) return 'worker';
  if (command.includes('--port')) return 'server';
  if (command.includes('jest.js')) return 'main';
  return 'other';
}

function portOf(command) {
  const port = / --port (\d+)/.exec(command)?.[1];
  return port === undefined ? undefined : Number(port);
}
