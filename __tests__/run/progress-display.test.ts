import type { EvalProgress } from '../../src/pattern/eval-progress';
import { ProgressDisplay } from '../../src/run/progress-display';

const ci = process.env['CI'];
beforeEach(() => delete process.env['CI']);
afterAll(() => {
  if (ci !== undefined) process.env['CI'] = ci;
});

class Screen {
  now = 0;
  readonly written: string[] = [];
  readonly display: ProgressDisplay;

  constructor(isTTY: boolean, columns = 80) {
    const terminal = { isTTY, columns, write: (text: string) => this.written.push(text) };
    this.display = new ProgressDisplay(terminal, () => this.now);
  }

  show(changes: Partial<EvalProgress>): void {
    const update = { id: 'a', title: 'sums', model: 'm', done: 0, total: 1040, errors: 0, isOver: false };
    this.display.show({ ...update, ...changes });
  }
}

test('a terminal has one line, drawn anew ten times a second at most', () => {
  const screen = new Screen(true);
  for (let done = 1; done <= 1000; done += 1) {
    screen.now = done;
    screen.show({ done });
  }
  expect(screen.written).toHaveLength(10);
  expect(screen.written[0]).toBe('\r\u001b[Ksums m 1/1,040\r');
  expect(screen.written.at(-1)).toBe('\r\u001b[Ksums m 901/1,040\r');
});

test('the end of an evaluation clears its part at once', () => {
  const screen = new Screen(true);
  screen.show({ done: 1, errors: 1 });
  screen.show({ id: 'b', title: 'other', total: null, done: 2, errors: 2 });
  screen.now = 5;
  screen.show({ isOver: true });
  expect(screen.written).toEqual(['\r\u001b[Ksums m 1/1,040, 1 error\r', '\r\u001b[Kother m 2, 2 errors\r']);
});

test('a narrow terminal cuts the line, and no name moves the cursor', () => {
  const screen = new Screen(true, 12);
  screen.show({ title: 'a\u001b[2J\nvery long title' });
  expect(screen.written[0]).toHaveLength('\r\u001b[K'.length + 11 + 1);
  expect(screen.written[0]?.slice(4)).not.toMatch(/\n/);
});

test('a terminal that does not know its width has eighty columns', () => {
  const screen = new Screen(true, 0);
  screen.show({ title: 'x'.repeat(100) });
  expect(screen.written[0]).toBe(`\r\u001b[K${'x'.repeat(79)}\r`);
});

test('without a terminal whole lines come, every ten seconds', () => {
  const screen = new Screen(false);
  for (let second = 0; second <= 25; second += 1) {
    screen.now = second * 1000;
    screen.show({ done: second });
  }
  expect(screen.written).toEqual(['sums m 10/1,040\n', 'sums m 20/1,040\n']);
});

test('a short evaluation prints nothing without a terminal, nor does its end', () => {
  const screen = new Screen(false);
  screen.show({ done: 1 });
  screen.now = 9000;
  screen.show({ done: 1040, isOver: true });
  expect(screen.written).toEqual([]);
});

test('CI has no live line, though it pretends to be a terminal', () => {
  process.env['CI'] = 'true';
  const screen = new Screen(true);
  screen.show({ done: 1 });
  expect(screen.written).toEqual([]);
});
