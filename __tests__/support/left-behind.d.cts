import type { FoundProcess } from './processes.cjs';

/** The places that one run has for itself. */
export interface RunPlaces {
  readonly temporary: string;
  readonly state: string;
}

export function leftBehind(places: RunPlaces): string[];
export function processesOf(temporary: string): FoundProcess[];
export function killProcessesOf(temporary: string): void;
export function ledgersIn(state: string): string[];
