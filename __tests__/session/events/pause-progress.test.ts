import { PauseProgress } from '../../../src/session/events/pause-progress';
import { ProgressPrinter } from '../../../src/session/events/progress';

// It takes Node's own clock and timers, out of reach of fake ones: here they are the globals of the moment.
jest.mock('node:perf_hooks', () => ({ performance: { now: () => performance.now() } }));
jest.mock('node:timers', () => ({
  setTimeout: (...args: Parameters<typeof setTimeout>) => setTimeout(...args),
  clearTimeout: (timer: NodeJS.Timeout | undefined) => clearTimeout(timer),
}));
beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const endpoint = 'http://127.0.0.1:1/v1';

test('a pause that lasts is shown with what is left of it, and pauses that follow each other are one', () => {
  const lines: string[] = [];
  const shown = new PauseProgress(new ProgressPrinter({ write: (line) => lines.push(line) }));
  shown.show({ endpoint, ms: 1000 });
  shown.show({ endpoint, ms: 500 });
  shown.show({ endpoint: 'http://127.0.0.1:2/v1', ms: 1500 });
  jest.advanceTimersByTime(1200);
  shown.show({ endpoint, ms: 60_000 });
  jest.advanceTimersByTime(800);
  expect(lines).toEqual([`${endpoint} had too many requests (429): paused 2 s, 60 s to go\n`]);
});
