import { EvaluationProgress } from '../../../src/evals/execution/evaluation-progress';
import type { EvalProgress } from '../../../src/pattern/eval-progress';

const about = { id: 'log', title: 'sums', model: 'llm:a' };

function progressOf(total: number | null): { progress: EvaluationProgress; told: EvalProgress[] } {
  const told: EvalProgress[] = [];
  return { progress: new EvaluationProgress({ ...about, total }, (update) => told.push(update)), told };
}

test('it tells with the first trial that ends, then at most every 100 ms, and in the end all of it', () => {
  const { progress, told } = progressOf(1000);
  const start = performance.now();
  for (let trial = 0; trial < 1000; trial++) progress.countDone(trial % 2 === 0);
  expect(told[0]).toEqual({ ...about, total: 1000, done: 1, errors: 1, isOver: false });
  expect(told.length).toBeLessThanOrEqual(1 + (performance.now() - start) / 100);
  progress.close();
  expect(told.at(-1)).toEqual({ ...about, total: 1000, done: 1000, errors: 500, isOver: true });
});

test('what is left is counted from all trials, or from those that were read where their number is not known', () => {
  for (const [total, left] of [
    [10, 9],
    [null, 2],
  ] as const) {
    const { progress } = progressOf(total);
    for (let read = 0; read < 3; read++) progress.countRead();
    progress.countDone(false);
    expect(progress.left).toBe(left);
  }
});
