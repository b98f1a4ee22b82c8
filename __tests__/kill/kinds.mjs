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

/**
 * `target` is who has to exist for the kill; `leaves` says whether the next run may have something to
 * reclaim; `ends` is the main process' exit code, where the kill decides it.
 */
export const kinds = {
  main: { title: 'SIGKILL of main', target: 'main', leaves: 'unguarded', ends: 137 },
  term: { title: 'SIGTERM to main', target: 'main', leaves: 'nothing', ends: 143 },
  interrupt: { title: 'SIGINT to the group', target: 'main', leaves: 'nothing', ends: 130 },
  worker: { title: 'SIGKILL of a worker', target: 'worker', leaves: 'nothing' },
  guardian: { title: 'SIGKILL of the guardian', target: 'guardian', leaves: 'nothing' },
  both: { title: 'SIGKILL of main and guardian', target: 'main', leaves: 'anything', ends: 137 },
};

/** Kills what the kind names; `found` are the run's processes of this moment. */
export function strike(kind, main, found, random) {
  const guardians = found.filter(({ role }) => role === 'guardian').map(({ pid }) => pid);
  const workers = found.filter(({ role }) => role === 'worker').map(({ pid }) => pid);
  switch (kind) {
    case 'main':
      return kill([main], 'SIGKILL');
    case 'term':
      return kill([main], 'SIGTERM');
    case 'interrupt':
      return kill([-main], 'SIGINT');
    case 'worker':
      return kill([workers[Math.floor(random() * workers.length)]], 'SIGKILL');
    case 'guardian':
      return kill(guardians, 'SIGKILL');
    case 'both':
      return kill(random() < 0.5 ? [main, ...guardians] : [...guardians, main], 'SIGKILL');
  }
}

function kill(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}
