import { EndpointGate } from '../../src/answers/endpoint-gate';

const never = (): AbortSignal => new AbortController().signal;
const refusal = { sentAt: Infinity, retryAfterMs: undefined, maxWaitMs: 300_000 };

function gate(patienceMs?: number): { gate: EndpointGate; told: number[] } {
  const told: number[] = [];
  return { gate: new EndpointGate((ms) => told.push(ms), patienceMs), told };
}

test('nothing waits, and there are no promises, before anything was refused', () => {
  const { gate: open } = gate();
  const made = Array.from({ length: 1000 }, () =>
    open.enter(() => {
      throw new Error('a signal was made');
    }),
  );
  expect(new Set(made)).toEqual(new Set([undefined]));
});

test('those that are refused together are one refusal: the next pause is as long as that of one', () => {
  const { gate: open, told } = gate();
  for (let count = 0; count < 10; count += 1) void open.enter(never);
  const sentAt = performance.now();
  for (let count = 0; count < 10; count += 1) expect(open.refused({ ...refusal, sentAt })).toBe(true);
  expect(told).toHaveLength(1);
  expect(told[0]).toBeLessThanOrEqual(750);
});

test('a pause that one names later than another is the longer one', () => {
  const { gate: open, told } = gate();
  for (let count = 0; count < 3; count += 1) void open.enter(never);
  const begin = performance.now();
  for (const retryAfterMs of [1000, 3000, 2000]) open.refused({ ...refusal, sentAt: 0, retryAfterMs });
  expect(told).toEqual([1000, 3000, 2000]);
  const { leftMs } = open;
  const end = performance.now();
  expect(leftMs).toBeGreaterThan(2999 - (end - begin));
  // The third, if it came much later, pauses for longer than is left of the second.
  expect(leftMs).toBeLessThanOrEqual(3000);
});

test('a server that names next to nothing, and refuses again, is asked less and less often', () => {
  const { gate: open, told } = gate();
  const refuse = (): boolean => {
    // As if the pause were over.
    Object.defineProperty(open, 'leftMs', { value: 0, configurable: true });
    return open.refusedOther({ ...refusal, retryAfterMs: 1 });
  };
  const verdicts = Array.from({ length: 20 }, refuse);
  expect(told.slice(0, 4)).toEqual([1, 2, 4, 8]);
  expect(verdicts.indexOf(false)).toBe(19);
});

test('a time that a server names is meant, where it has answered in between', () => {
  const { gate: open, told } = gate();
  for (const _ of [1, 2, 3]) {
    open.refusedOther({ ...refusal, retryAfterMs: 1 });
    open.answeredOther();
  }
  expect(told).toEqual([1, 1, 1]);
});

test('what another process tells pauses as well, and is not told again', async () => {
  const { gate: open, told } = gate();
  const begin = performance.now();
  open.pause(50);
  await open.enter(never);
  expect(performance.now() - begin).toBeGreaterThan(48);
  expect(told).toEqual([]);
});

test('one that hangs is not waited for for ever', async () => {
  const { gate: open } = gate(30);
  for (let count = 0; count < 2; count += 1) void open.enter(never);
  open.refused({ ...refusal, retryAfterMs: 1 });
  // The other one hangs, and one may be in flight.
  await Promise.all([open.enter(never), open.enter(never)]);
});

test('what is aborted while it waits for its turn gives the turn to the next', async () => {
  const { gate: open } = gate();
  for (let count = 0; count < 2; count += 1) void open.enter(never);
  open.refused({ ...refusal, retryAfterMs: 1 });
  const abort = new AbortController();
  const [first, second] = [open.enter(() => abort.signal), open.enter(never)];
  abort.abort(new Error('no more'));
  await expect(first).rejects.toThrow('no more');
  open.answered();
  await second;
});
