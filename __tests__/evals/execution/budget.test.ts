import { Budget, budgetSpent } from '../../../src/evals/execution/budget';

/** A session whose other processes have spent so much. */
function session(spent = 0): { spent: number; spend(cost: number): void } {
  return {
    spent,
    spend(cost) {
      this.spent += cost;
    },
  };
}

const ofRun = (amount: number, isOnly = false): { maxCost: { amount: number; isOnly: boolean } } => ({
  maxCost: { amount, isOnly },
});

test('without a limit nothing is ever spent', () => {
  const budget = new Budget(session(), { maxCost: null }, undefined);
  budget.spend(1e9);
  expect([budget.maxCost, budget.end, budget.spent]).toEqual([undefined, undefined, 1e9]);
});

test('the budget of a run is spent by all of its evaluations, that of an evaluation by itself', () => {
  const shared = session(0.7);
  const budget = new Budget(shared, ofRun(1), 0.5);
  budget.spend(0.2);
  expect(budget.end).toBeUndefined();
  budget.spend(0.1);
  expect([shared.spent, budget.spent]).toEqual([expect.closeTo(1), 0.3]);
  expect(budget.end).toEqual({ of: 'run', maxCost: 1, spent: 1 });
  const own = new Budget(session(0.7), ofRun(5), 0.5);
  own.spend(0.6);
  expect(own.end).toEqual({ of: 'evaluation', maxCost: 0.5, spent: 0.6 });
});

test('what adds up to the budget but for rounding is all of it', () => {
  const budget = new Budget(session(), ofRun(1), undefined);
  for (let call = 0; call < 10; call += 1) budget.spend(0.1);
  expect(budget.end).toEqual({ of: 'run', maxCost: 1, spent: 1 });
});

test('a budget that wins takes the place of that of the evaluation', () => {
  const budget = new Budget(session(), ofRun(1, true), 0.1);
  budget.spend(0.5);
  expect([budget.maxCost, budget.end]).toEqual([1, undefined]);
});

test('the error says what was spent, what did not run, and what goes on with it', () => {
  const end = { of: 'run', maxCost: 1, spent: 1.02 } as const;
  expect(budgetSpent('sums', end, { notRun: 7, run: 'mine', log: '/logs/sums.jsonl' })).toMatchObject({
    code: 'BUDGET_SPENT',
    message: [
      '"sums": the budget of the run is spent: 1.02 of maxCost 1.00; 7 trials did not run.',
      'EVALS_RUN=mine goes on with them, and with a budget of its own. EVALS_MAX_COST sets another.',
      'The log: /logs/sums.jsonl',
    ].join('\n'),
    details: { of: 'run', maxCost: 1, spent: 1.02, notRun: 7 },
  });
});
