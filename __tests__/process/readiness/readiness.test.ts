import { ModelProviderError } from '../../../src/base/errors';
import { pollInterval, waitUntilReady, type ReadinessCheck } from '../../../src/process/readiness/readiness';

const limits = { stallMs: 60_000, requestMs: 60_000 };

/** A check that gives one answer after the other, and then repeats the last one. */
function answers(title: string, ...results: (true | string)[]): ReadinessCheck & { looks: number } {
  return {
    title,
    looks: 0,
    check() {
      this.looks += 1;
      return Promise.resolve(results[Math.min(this.looks, results.length) - 1] ?? true);
    },
  };
}

function watch(signal = new AbortController().signal, signOfLife = (): number => 0) {
  const messages: string[] = [];
  return { signal, signOfLife, progress: (message: string) => messages.push(message), messages };
}

describe('waiting until a server is ready', () => {
  it('goes through the checks in their order, each until it holds', async () => {
    const checks = [answers('health', 'HTTP 503', 'HTTP 503', true), answers('model list', 'HTTP 503', true)];
    const seen = watch();
    await waitUntilReady(checks, limits, seen);
    expect(seen.messages).toEqual(['waiting for health', 'waiting for model list']);
    expect(checks.map(({ looks }) => looks)).toEqual([3, 2]);
  });

  it('fails at once with what a check throws', async () => {
    const refusal = new ModelProviderError('SETUP_FAILED', 'a stranger');
    const check: ReadinessCheck = { title: 'model list', check: () => Promise.reject(refusal) };
    await expect(waitUntilReady([check], limits, watch())).rejects.toBe(refusal);
  });

  it('ends when it is aborted, with the reason, also in the middle of a pause', async () => {
    const abort = new AbortController();
    const reason = new Error('nobody waits any more');
    const check: ReadinessCheck = {
      title: 'health',
      check: () => {
        setTimeout(() => abort.abort(reason));
        return Promise.resolve('HTTP 503');
      },
    };
    await expect(waitUntilReady([check], limits, watch(abort.signal))).rejects.toBe(reason);
  });

  it('ends when it is aborted in the middle of a request', async () => {
    const abort = new AbortController();
    const reason = new Error('nobody waits any more');
    const check: ReadinessCheck = {
      title: 'first token',
      check: (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('request ended')));
          abort.abort(reason);
        }),
    };
    await expect(waitUntilReady([check], limits, watch(abort.signal))).rejects.toBe(reason);
  });

  it('does not take it for a stall that this process stood still between two looks', async () => {
    const check = answers('health', ...Array<string>(4).fill('HTTP 503'), true);
    const standStill = (): void => {
      const until = performance.now() + 500;
      while (performance.now() < until);
    };
    const look = check.check.bind(check);
    check.check = (signal) => {
      setTimeout(standStill, 1);
      return look(signal);
    };
    await waitUntilReady([check], { ...limits, stallMs: 400 }, watch());
    expect(check.looks).toBe(5);
  });

  it('takes a request that is not answered in time for a failed look, not for the end', async () => {
    let looks = 0;
    const check: ReadinessCheck = {
      title: 'first token',
      check: (signal) => {
        looks += 1;
        if (looks > 2) return Promise.resolve(true);
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      },
    };
    await waitUntilReady([check], { ...limits, requestMs: 10 }, watch());
    expect(looks).toBe(3);
  });

  it('fails as stalled when nothing changes for the stall limit', async () => {
    const check = answers('health', 'HTTP 503');
    await expect(waitUntilReady([check], { ...limits, stallMs: 100 }, watch())).rejects.toMatchObject({
      code: 'SETUP_STALLED',
      message: 'The server made no progress for 0 s while waiting for health (HTTP 503).',
    });
  });

  it('never stalls while the server shows a sign of life, however long it takes', async () => {
    let bytes = 0;
    const check = answers('health', ...Array.from({ length: 30 }, () => 'HTTP 503'), true);
    const stallMs = 40;
    await waitUntilReady(
      [check],
      { ...limits, stallMs },
      watch(undefined, () => (bytes += 1)),
    );
    expect(check.looks).toBe(31);
  });

  it('a change of what is waited for is a sign of life', async () => {
    let looks = 0;
    const check: ReadinessCheck = {
      title: 'health',
      check: () => Promise.resolve((looks += 1) > 30 ? true : `connection ${looks}`),
    };
    await waitUntilReady([check], { ...limits, stallMs: 40 }, watch());
    expect(looks).toBe(31);
  });
});

describe('the pause between two looks', () => {
  it('is 2 ms at first, a fiftieth of the wait later, and never over 50 ms in the first ten seconds', () => {
    expect([0, 100, 200, 600, 1000, 5000, 9999].map(pollInterval)).toEqual([2, 2, 4, 12, 20, 50, 50]);
  });

  it('is half a second at most', () => {
    expect([10_000, 20_000, 25_000, 3_600_000].map(pollInterval)).toEqual([200, 400, 500, 500]);
  });
});
