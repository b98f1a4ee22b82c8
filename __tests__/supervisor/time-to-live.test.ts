import { TimeToLive } from '../../src/supervisor/time-to-live';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function life(isInUse = (): boolean => false): { life: TimeToLive; ends: jest.Mock } {
  const ends = jest.fn();
  const own = new TimeToLive(isInUse, ends);
  own.ttlMs = 1000;
  own.restart();
  return { life: own, ends };
}

test('it ends when nothing was used for its time, counted from the last use', () => {
  const { life: own, ends } = life();
  jest.advanceTimersByTime(900);
  expect(own.remainingMs).toBe(100);
  own.restart();
  jest.advanceTimersByTime(999);
  expect(ends).not.toHaveBeenCalled();
  jest.advanceTimersByTime(1);
  expect(ends).toHaveBeenCalledTimes(1);
});

test('it does not end while something is used', () => {
  let isInUse = true;
  const { ends } = life(() => isInUse);
  jest.advanceTimersByTime(5500);
  expect(ends).not.toHaveBeenCalled();
  isInUse = false;
  jest.advanceTimersByTime(1000);
  expect(ends).toHaveBeenCalledTimes(1);
});

test('it is over when it was stopped', () => {
  const { life: own, ends } = life();
  own.stop();
  jest.advanceTimersByTime(5000);
  expect(ends).not.toHaveBeenCalled();
});
