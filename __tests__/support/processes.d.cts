export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

export function markedProcesses(mark: string): FoundProcess[];
export function processesIn(directory: string): FoundProcess[];

interface Means {
  marked(mark: string): FoundProcess[];
  workingIn(directory: string): FoundProcess[];
}

/** How processes are found where there is /proc, and where there is none. */
export const means: Readonly<Record<'proc' | 'commands', Means>>;
