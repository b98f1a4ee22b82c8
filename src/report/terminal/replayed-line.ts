import { isReplayed, replayedCalls } from '../../evals/log/replayed-calls';
import type { FiledOutcome } from '../read-evaluation';

/** Says how many calls of a run have recorded answers. Empty if none has. */
export function replayedLine(evaluations: readonly FiledOutcome[]): string {
  const counts = evaluations.map(({ summary }) => replayedCalls(summary));
  const sum = (of: keyof (typeof counts)[number]): number =>
    counts.reduce((total, count) => total + count[of], 0);
  const [replayed, calls] = [sum('replayed'), sum('calls')];
  if (!evaluations.some(({ summary }) => isReplayed(summary))) return '';
  if (replayed === 0) return 'Replayed: answers that were judged again are recorded ones (EVALS_RECORDINGS).';
  const rest =
    replayed === calls ? 'there are no times and no costs' : 'times and costs are those of the others';
  return `Replayed: ${replayed} of ${calls} calls have recorded answers (EVALS_RECORDINGS); ${rest}.`;
}
