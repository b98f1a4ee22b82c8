// How a run is killed. A kind says what may be left at once, and which ends of the main process are right.

/** What a trial may draw. */
export const modes = ['-i', '-w 2'];
export const models = [
  'embedded:novice',
  'hostile:stubborn',
  'hostile:forking',
  'hostile:stillborn',
  'hostile:mortal',
];

/** How a process is blocked: see block.cjs. */
export const ways = ['loop', 'regexp', 'wait', 'command'];

/**
 * `target` is who has to exist for the kill; `leaves` says whether the next run may have something to
 * reclaim; `ends` are the main process' exit codes, where the kill decides them. `first` is done to the
 * target a moment before: it is blocked, or stopped by SIGSTOP.
 */
export const kinds = {
  main: { title: 'SIGKILL of main', target: 'main', leaves: 'unguarded', ends: [137] },
  term: { title: 'SIGTERM to main', target: 'main', leaves: 'nothing', ends: [143] },
  interrupt: { title: 'SIGINT to the group', target: 'main', leaves: 'nothing', ends: [130] },
  worker: { title: 'SIGKILL of a worker', target: 'worker', leaves: 'nothing' },
  guardian: { title: 'SIGKILL of the guardian', target: 'guardian', leaves: 'nothing' },
  both: { title: 'SIGKILL of main and guardian', target: 'main', leaves: 'anything', ends: [137] },
  // A command that blocks is ended, and then the thread hears the signal. Without a session it ends by it.
  blockedMain: {
    title: 'SIGTERM to a blocked main',
    ...{ target: 'main', first: 'block', leaves: 'nothing', ends: [137, 143] },
  },
  blockedWorker: {
    title: 'SIGINT to the group of a blocked worker',
    ...{ target: 'worker', first: 'block', leaves: 'nothing', ends: [130] },
  },
  stoppedMain: {
    title: 'SIGKILL of a stopped main',
    ...{ target: 'main', first: 'stop', leaves: 'unguarded', ends: [137] },
  },
  stoppedWorker: {
    title: 'SIGTERM to main, a worker stopped',
    ...{ target: 'worker', first: 'stop', leaves: 'nothing', ends: [143] },
  },
  stoppedServer: {
    title: 'SIGTERM to main, a server stopped',
    ...{ target: 'server', first: 'stop', leaves: 'nothing', ends: [143] },
  },
};

/** The processes that the kind needs. Nobody would end a worker that is stopped before there is a session. */
export function targetsOf(kind, main, found) {
  const { first, target } = kinds[kind];
  if (target === 'main') return [main];
  const isWanted = ({ role, hasSession }) =>
    role === target && (hasSession || first === undefined || role !== 'worker');
  return found.filter(isWanted).map(({ pid }) => pid);
}

/** Kills what the kind names; `found` are the run's processes of this moment. */
export function strike(kind, main, found, random) {
  const guardians = found.filter(({ role }) => role === 'guardian').map(({ pid }) => pid);
  const workers = found.filter(({ role }) => role === 'worker').map(({ pid }) => pid);
  switch (kind) {
    case 'main':
    case 'stoppedMain':
      return kill([main], 'SIGKILL');
    case 'term':
    case 'blockedMain':
    case 'stoppedWorker':
    case 'stoppedServer':
      return kill([main], 'SIGTERM');
    case 'interrupt':
    case 'blockedWorker':
      return kill([-main], 'SIGINT');
    case 'worker':
      return kill([workers[Math.floor(random() * workers.length)]], 'SIGKILL');
    case 'guardian':
      return kill(guardians, 'SIGKILL');
    case 'both':
      return kill(random() < 0.5 ? [main, ...guardians] : [...guardians, main], 'SIGKILL');
  }
}

/** Sends a signal to those that are still there. */
export function kill(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}
