import type { ProcessExit } from '../../pattern/resource-context';

/** How a process ended, in words. */
export function describeExit({ code, signal, note }: ProcessExit): string {
  const end = endOf(code, signal);
  return note === undefined ? end : `${end} (${note})`;
}

function endOf(code: number | null, signal: string | null): string {
  if (signal !== null) return `was ended by ${signal}`;
  return code === null ? 'ended together with the guardian' : `exited with code ${code}`;
}
