import type { FiledOutcome } from '../../src/report/read-evaluation';
import type { EvalSummary } from '../../src/evals/log/eval-summary';

/** An evaluation that found what it usually finds: nothing. */
export function outcome(changes: Partial<FiledOutcome>, summary: Partial<EvalSummary> = {}): FiledOutcome {
  return {
    file: 'sums.eval.ts',
    title: 'sums',
    model: 'a:1',
    status: 'complete',
    gate: { outcome: 'pass', reasons: [] },
    log: '/logs/sums.jsonl',
    ...changes,
    summary: {
      samples: 0,
      trials: 0,
      errors: 0,
      errorKinds: {},
      notRun: 0,
      reused: 0,
      retries: 0,
      restarts: 0,
      scores: [],
      durationMs: null,
      latencyMs: null,
      promptTokens: 0,
      completionTokens: 0,
      tokensPerSecond: null,
      ...summary,
    },
  };
}
