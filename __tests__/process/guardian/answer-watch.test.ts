import { AnswerWatch } from '../../../src/process/guardian/answer-watch';
import { ownIdentity } from '../../../src/process/os/process-identity';

const never = new Promise<never>(() => undefined);
const calm = new AbortController().signal;

function watching(ping: () => Promise<unknown>, hurry = calm): { watch: AnswerWatch; lost: Promise<string> } {
  let watch: AnswerWatch | undefined;
  const lost = new Promise<string>((resolve) => {
    watch = new AnswerWatch(ownIdentity(), { silentMs: 900, shortMs: 400 }, hurry, ping, resolve);
  });
  return { watch: watch!, lost };
}

describe('a process that is asked', () => {
  it('is lost when it answers no ping', async () => {
    const { watch, lost } = watching(() => never);
    void watch.over(never, 60_000);
    expect(await lost).toBe('gave no sign of life for 0.9 s');
  });

  it.each([
    ['fails', () => Promise.reject(new Error('closed'))],
    [
      'throws',
      () => {
        throw new Error('closed');
      },
    ],
  ])('is lost when a ping to it %s', async (_, ping) => {
    const { watch, lost } = watching(ping, AbortSignal.abort());
    void watch.over(never, 60_000);
    expect(await lost).toBe('gave no sign of life for 0.4 s');
  });

  it('is lost sooner when there is no time to lose', async () => {
    const { watch, lost } = watching(() => never, AbortSignal.abort());
    void watch.over(never, 60_000);
    expect(await lost).toBe('gave no sign of life for 0.4 s');
  });

  it('is lost when it answers pings but not the question, within the limit of that question', async () => {
    const { watch, lost } = watching(() => Promise.resolve());
    void watch.over(never, 60_000);
    void watch.over(never, 1500);
    expect(await lost).toBe('did not do what it was asked to within 1.5 s');
  });

  it('is not lost while it answers pings, nor for a time in which this process stood still', async () => {
    const answer = () => new Promise((resolve) => setTimeout(resolve, 1));
    let why: string | undefined;
    const { watch, lost } = watching(answer);
    void lost.then((reason) => (why = reason));
    const standStill = async (): Promise<void> => {
      await answer();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1200);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    };
    await watch.over(standStill(), 60_000);
    expect(why).toBeUndefined();
  });

  it('is asked for no sign of life when no question is open', async () => {
    let pings = 0;
    const { watch } = watching(() => Promise.resolve((pings += 1)));
    expect(await watch.over(Promise.resolve('done'), 1)).toBe('done');
    await expect(watch.over(Promise.reject(new Error('no')), 1)).rejects.toThrow('no');
    expect(pings).toBe(0);
  });
});
