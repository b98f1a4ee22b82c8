import { TeardownStack } from '../../../src/session/resources/teardown-stack';
import { gate } from '../own-session';

const long = 30_000;

test('steps are undone in reverse, each once', async () => {
  const stack = new TeardownStack();
  const undone: string[] = [];
  for (const title of ['a', 'b', 'c']) stack.push(title, () => void undone.push(title));
  expect([await stack.unwind(long), await stack.unwind(long)]).toEqual([[], []]);
  expect(undone).toEqual(['c', 'b', 'a']);
});

test('a step waits for the one that was made after it', async () => {
  const stack = new TeardownStack();
  const [door, undone] = [gate(), [] as string[]];
  stack.push('a', () => void undone.push('a'));
  stack.push('b', () => door.passed.then(() => void undone.push('b')));
  const unwound = stack.unwind(long);
  expect(undone).toEqual([]);
  door.open();
  await unwound;
  expect(undone).toEqual(['b', 'a']);
});

test('a step that fails or throws stops no other, and is tried again in its place', async () => {
  const stack = new TeardownStack();
  const undone: string[] = [];
  const fails = new Set(['b', 'd']);
  for (const title of ['a', 'b', 'c', 'd']) {
    stack.push(title, () => {
      undone.push(title);
      if (!fails.has(title)) return;
      if (title === 'b') throw new Error('no b');
      return Promise.reject(new Error('no d'));
    });
  }
  expect(await stack.unwind(long)).toEqual([
    { title: 'd', error: new Error('no d') },
    { title: 'b', error: new Error('no b') },
  ]);
  stack.push('e', () => void undone.push('e'));
  fails.delete('d');
  expect(await stack.unwind(long)).toEqual([{ title: 'b', error: new Error('no b') }]);
  expect(undone.join('')).toBe('dcbaedb');
});

test('a step that takes too long is a failure, and is waited for rather than begun again', async () => {
  const stack = new TeardownStack();
  const [door, undone] = [gate(), [] as string[]];
  stack.push('a', () => void undone.push('a'));
  stack.push('slow', () => {
    undone.push('slow');
    return door.passed;
  });
  expect(await stack.unwind(20)).toEqual([
    { title: 'slow', error: new Error('took longer than the stop limit of 20 ms') },
  ]);
  expect(await stack.unwind(20)).toHaveLength(1);
  door.open();
  expect(await stack.unwind(long)).toEqual([]);
  expect(undone).toEqual(['slow', 'a']);
});

test('a step that failed after its time was up is begun again', async () => {
  const stack = new TeardownStack();
  const door = gate();
  const attempts: (() => Promise<void>)[] = [() => door.passed, () => Promise.resolve()];
  stack.push('slow', () => attempts.shift()?.());
  await stack.unwind(20);
  door.fail(new Error('too late and wrong'));
  await new Promise(setImmediate);
  expect(await stack.unwind(long)).toEqual([]);
  expect(attempts).toEqual([]);
});

test('a step that is pushed while others are undone is undone too', async () => {
  const stack = new TeardownStack();
  const undone: string[] = [];
  stack.push('a', () => stack.push('b', () => void undone.push('b')));
  expect(await stack.unwind(long)).toEqual([]);
  expect(undone).toEqual(['b']);
});
