import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The places that one run has for itself. */
export interface RunPlaces {
  readonly temporary: string;
  readonly state: string;
}

/** Everything of a run that is still there: processes, session directories, ledgers. Empty is the rule. */
export function leftBehind({ temporary, state }: RunPlaces): string[] {
  const ledgers = join(state, 'jest-model-provider', 'sessions');
  return [
    ...processesOf(temporary).map(({ pid, command }) => `process ${pid}: ${command}`),
    ...readdirSync(temporary).filter((name) => name.startsWith('jmp-')),
    ...(existsSync(ledgers) ? readdirSync(ledgers).map((name) => `ledger ${name}`) : []),
  ];
}

/** The processes of a run: Jest, its workers, the guardian and the servers all carry the run's private TMPDIR. */
export function processesOf(temporary: string): { pid: number; command: string }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
      // Some servers have a directory within it for themselves.
      if (!environment.some((variable) => variable.startsWith(`TMPDIR=${temporary}`))) return [];
      return [
        { pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') },
      ];
    } catch {
      return [];
    }
  });
}
