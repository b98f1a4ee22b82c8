import { Spending } from '../../../src/session/events/spending';

test('all are told what the others spend, and those who come later what was spent before', () => {
  const spending = new Spending();
  const [first, second]: [number[], number[]] = [[], []];
  const hearFirst = (cost: number): void => void first.push(cost);
  spending.listen(hearFirst);
  spending.add(1, hearFirst);
  spending.add(2);
  const forget = spending.listen((cost) => void second.push(cost));
  spending.add(4, hearFirst);
  forget();
  spending.add(8);
  expect([first, second]).toEqual([
    [2, 8],
    [3, 4],
  ]);
});
