import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { anySignal } from '../../src/base/any-signal';

const library = join(__dirname, '../../dist/src/base/any-signal.js');

// In a process of its own, which can be told to collect its garbage.
const script = `
  const { setTimeout: delay } = require('node:timers/promises');
  const { anySignal } = require(${JSON.stringify(library)});
  const never = new AbortController();
  const limits = Array.from({ length: 20 }, () => anySignal(never.signal, AbortSignal.timeout(100)));
  const waits = limits.map((signal) => delay(60_000, 'no limit', { signal }).catch((error) => error.cause.name));
  (async () => {
    for (let round = 0; round < 10; round += 1) {
      global.gc();
      await delay(1);
    }
    const slow = delay(5_000, 'no limit', { ref: false });
    console.log(await Promise.race([Promise.all(waits).then(([name]) => name), slow]));
    process.exit();
  })();
`;

test('a limit of time among the signals aborts, although nobody else holds its signal', () => {
  const output = execFileSync(process.execPath, ['--expose-gc', '-e', script], { encoding: 'utf8' });
  expect(output.trim()).toBe('TimeoutError');
});

test('the first signal to abort gives the reason, also if it had aborted before', () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const any = anySignal(a.signal, b.signal);
  b.abort('b');
  a.abort('a');
  expect([any.reason, anySignal(a.signal, b.signal).reason]).toEqual(['b', 'a']);
  expect(anySignal().aborted).toBe(false);
});

/** As those of a page: none of Node's, with what the standard asks of one. */
class SignalOfPage extends EventTarget {
  aborted = false;
  reason: unknown;
  listeners = 0;

  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    this.listeners += 1;
    super.addEventListener(...args);
  }

  abort(reason: unknown): void {
    [this.aborted, this.reason] = [true, reason];
    this.dispatchEvent(new Event('abort'));
  }
}

test('a signal of a page is followed, by one listener for all that wait for it', () => {
  const source = new SignalOfPage();
  const asSignal = source as unknown as AbortSignal;
  const waiting = [anySignal(asSignal), anySignal(new AbortController().signal, asSignal)];
  source.abort('left');
  expect(waiting.map(({ reason }) => reason as unknown)).toEqual(['left', 'left']);
  expect(source.listeners).toBe(1);
});

test('a signal of a page that has aborted before gives its reason', () => {
  const source = new SignalOfPage();
  source.abort('before');
  expect(anySignal(source as unknown as AbortSignal).reason).toBe('before');
});
