import { follow } from '../../src/base/follow';

test('a controller aborts with the first of the signals that it follows, and with its reason', () => {
  const [one, two] = [new AbortController(), new AbortController()];
  const follower = new AbortController();
  follow(follower, one.signal, two.signal);
  expect(follower.signal.aborted).toBe(false);
  two.abort(new Error('the second'));
  one.abort(new Error('the first'));
  expect(follower.signal.reason).toEqual(new Error('the second'));
});

test('a signal that has aborted is followed at once', () => {
  const follower = new AbortController();
  follow(follower, AbortSignal.abort('gone'));
  expect(follower.signal.reason).toBe('gone');
});

test('what does not follow any more does not abort', () => {
  const followed = new AbortController();
  const follower = new AbortController();
  follow(follower, followed.signal)();
  followed.abort();
  expect(follower.signal.aborted).toBe(false);
});

test('however many follow a signal, Node warns of none', async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error): void => void warnings.push(warning);
  process.on('warning', hear);
  const followed = new AbortController();
  const followers = Array.from({ length: 50 }, () => new AbortController());
  for (const follower of followers) follow(follower, followed.signal);
  followed.abort();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', hear);
  expect(warnings).toEqual([]);
  expect(followers.every(({ signal }) => signal.aborted)).toBe(true);
});
