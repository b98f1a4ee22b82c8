import { replayedCalls } from '../evals/log/replayed-calls';
import type { Difference } from './difference';
import type { ReadEvaluation } from './read-evaluation';

/** Whether any call of an evaluation has a recorded answer: then none of it counts as live. */
export function isReplayed({ outcome }: Pick<ReadEvaluation, 'outcome'>): boolean {
  return replayedCalls(outcome.summary).replayed > 0;
}

/** Why replayed evaluations are not compared with live ones, and what to do. */
export function whyNotMixed(title: string, replayed: readonly string[], live: readonly string[]): string {
  return `${title}: ${mixture(replayed, live)}: have all replayed, or none, or allow it with compare --allow-replayed`;
}

/** What has to be said of differences between replayed and live evaluations, once an evaluation. */
export function mixedNotes(differences: readonly Difference[]): string[] {
  const mixed = differences.filter(({ onlyReplayed }) => onlyReplayed !== undefined);
  const namesOf = (title: string, isOfReplayed: boolean): string[] => {
    const found = mixed
      .filter((difference) => difference.title === title)
      .map(({ a, b, onlyReplayed }) => ((onlyReplayed === 'a') === isOfReplayed ? a : b));
    return [...new Set(found)];
  };
  return [...new Set(mixed.map(({ title }) => title))].map(
    (title) => `${title}: compared though ${mixture(namesOf(title, true), namesOf(title, false))}`,
  );
}

function mixture(replayed: readonly string[], live: readonly string[]): string {
  return `the answers of ${replayed.join(', ')} are recorded ones, and those of ${live.join(', ')} are not`;
}
