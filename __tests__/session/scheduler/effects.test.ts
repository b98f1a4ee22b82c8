import { Effects } from '../../../src/session/scheduler/effects';

test('effects run in their order, and not before they are flushed', () => {
  const ran: string[] = [];
  const effects = new Effects();
  for (const name of ['a', 'b']) effects.add(() => ran.push(name));
  expect(ran).toEqual([]);
  effects.flush();
  expect(ran).toEqual(['a', 'b']);
});

test('what an effect adds and flushes runs after that effect has returned, behind what waits already', () => {
  const ran: string[] = [];
  const effects = new Effects();
  effects.add(() => {
    effects.add(() => ran.push('added'));
    effects.flush();
    ran.push('first');
  });
  effects.add(() => ran.push('second'));
  effects.flush();
  expect(ran).toEqual(['first', 'second', 'added']);
});

test('an effect that fails keeps none of the others from running; its error comes out at the end', () => {
  const ran: string[] = [];
  const effects = new Effects();
  effects.add(() => {
    throw new Error('oops');
  });
  effects.add(() => ran.push('second'));
  expect(() => effects.flush()).toThrow('oops');
  expect(ran).toEqual(['second']);
  effects.add(() => ran.push('later'));
  effects.flush();
  expect(ran).toEqual(['second', 'later']);
});
