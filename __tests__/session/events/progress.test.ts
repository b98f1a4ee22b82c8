import { ProgressPrinter } from '../../../src/session/events/progress';

let lines: string[];
let printer: ProgressPrinter;
beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  printer = new ProgressPrinter({ write: (text) => lines.push(text) });
});
afterEach(() => jest.useRealTimers());

test('nothing is printed about what takes less than two seconds', () => {
  const watch = printer.watch('llama:model.gguf', 'loading');
  jest.advanceTimersByTime(1999);
  watch.done();
  jest.advanceTimersByTime(100_000);
  expect(lines).toEqual([]);
});

test('then a line says for how long and what is waited for, and one more every ten seconds', () => {
  const watch = printer.watch('llama:model.gguf', 'loading');
  watch.say('waiting for the port');
  jest.advanceTimersByTime(2000);
  watch.say('waiting for health');
  jest.advanceTimersByTime(20_000);
  watch.done();
  jest.advanceTimersByTime(100_000);
  expect(lines).toEqual([
    'llama:model.gguf loading 2 s, waiting for the port\n',
    'llama:model.gguf loading 12 s, waiting for health\n',
    'llama:model.gguf loading 22 s, waiting for health\n',
  ]);
});

test('without anything to say the line has no comma', () => {
  printer.watch('db:shop', 'stopping');
  jest.advanceTimersByTime(2000);
  expect(lines).toEqual(['db:shop stopping 2 s\n']);
});

test('a line that does not apply at the moment is left out, later ones are not', () => {
  let reason: string | undefined = undefined;
  printer.watch('db:shop', 'waiting', () => reason);
  jest.advanceTimersByTime(2000);
  reason = 'all places are taken';
  jest.advanceTimersByTime(10_000);
  expect(lines).toEqual(['db:shop waiting 12 s, all places are taken\n']);
});

test('several are watched at once', () => {
  const first = printer.watch('a:1', 'loading');
  jest.advanceTimersByTime(1000);
  printer.watch('b:1', 'loading');
  jest.advanceTimersByTime(1000);
  first.done();
  jest.advanceTimersByTime(1000);
  expect(lines).toEqual(['a:1 loading 2 s\n', 'b:1 loading 2 s\n']);
});

test('many that wait for the same say it once, a later one says it again', () => {
  const watches = [1, 2, 3].map(() => printer.watch('db:shop', 'loading'));
  jest.advanceTimersByTime(2000);
  watches.forEach((watch) => watch.done());
  printer.watch('db:shop', 'loading');
  jest.advanceTimersByTime(2000);
  expect(lines).toEqual(['db:shop loading 2 s\n', 'db:shop loading 2 s\n']);
});

test('a message of several lines or with escape codes stays one harmless line', () => {
  const watch = printer.watch('evil:\u001b[31mname', 'loading');
  watch.say('first\nsecond\u001b[2J');
  jest.advanceTimersByTime(2000);
  expect(lines).toEqual([String.raw`evil:\u001b[31mname loading 2 s, first\nsecond\u001b[2J` + '\n']);
});
