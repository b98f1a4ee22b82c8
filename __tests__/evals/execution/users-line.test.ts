import { ModelProviderError } from '../../../src/base/errors';
import { usersLine } from '../../../src/evals/execution/users-line';

const root = '/home/you/p';
const own = `    at score (${require.resolve('../../../src/evals/scorers/define-scorer')}:12:3)`;
const package_ = '    at APIError.generate (/home/you/p/node_modules/openai/core/error.js:41:20)';
const node = '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)';

/** An error with these frames. */
function thrown(frames: readonly string[], cause?: unknown): Error {
  const error = new Error('x', { cause });
  error.stack = ['Error: x', ...frames].join('\n');
  return error;
}

test.each([
  ['a function', '    at ask (/home/you/p/evals/a.eval.js:3:7)', 'evals/a.eval.js:3:7'],
  ['what has no name', '    at /home/you/p/a.eval.js:3:7', 'a.eval.js:3:7'],
  ['what has awaited', '    at async Promise.all (/home/you/p/a.eval.js:3:7)', 'a.eval.js:3:7'],
  ['an alias', '    at Asker.ask [as fn] (/home/you/p/a.eval.js:3:7)', 'a.eval.js:3:7'],
  ['an ES module', '    at async file:///home/you/p/a%20b.eval.mjs:3:7', 'a b.eval.mjs:3:7'],
  ['brackets in the path', '    at ask (/home/you/p/a (1)/b (2).js:3:7)', 'a (1)/b (2).js:3:7'],
  ['brackets without a name', '    at /home/you/p/a (1)/b.js:3:7', 'a (1)/b.js:3:7'],
  ['a file beside the root', '    at help (/home/you/shared/help.ts:3:7)', '../shared/help.ts:3:7'],
])('the line of %s is known', (_what, frame, line) => {
  expect(usersLine(thrown([own, package_, node, frame]), root)).toBe(line);
});

test.each([
  ['no frame is the user’s', thrown([own, package_, node])],
  ['there are no frames', thrown([])],
  ['code is in no file', thrown(['    at eval (eval at ask (/home/you/p/a.js:1:1), <anonymous>:1:7)'])],
  ['a text was thrown', 'at /home/you/p/a.eval.js:3:7'],
  ['nothing was thrown', undefined],
  ['the stack is none', { message: 'x', stack: 7 }],
])('there is no line if %s', (_when, error) => {
  expect(usersLine(error, root)).toBeUndefined();
});

const user = '    at ask (/home/you/p/a.eval.js:3:7)';
const inner = '    at judge (/home/you/p/judge.js:8:9)';

test('an error of this package has the line of what has caused it, else its own', () => {
  const failed = (cause: Error): Error => {
    const error = new ModelProviderError('SCORER_FAILED', 'x', { cause });
    error.stack = `ModelProviderError: x\n${user}`;
    return error;
  };
  expect(usersLine(failed(thrown([inner])), root)).toBe('judge.js:8:9');
  expect(usersLine(failed(thrown([package_])), root)).toBe('a.eval.js:3:7');
});

test('an error of others has its own line, else that of what has caused it', () => {
  expect(usersLine(thrown([user], thrown([inner])), root)).toBe('a.eval.js:3:7');
  expect(usersLine(thrown([package_], thrown([inner])), root)).toBe('judge.js:8:9');
});

test('errors that cause each other end', () => {
  const error = thrown([]);
  error.cause = error;
  expect(usersLine(error, root)).toBeUndefined();
});

test('a path is harmless and bounded, and has no secret', () => {
  const hostile = thrown([`    at x (/home/you/p/\u001b[2J\u202e${'y'.repeat(5000)}.js:1:2)`]);
  expect(usersLine(hostile, root)).toMatch(/^\\u001b\[2J\\u202ey+… \([\d,]+ more characters\)$/);
  expect(usersLine(hostile, root)?.length).toBeLessThanOrEqual(2000);
});

test('a URL that names no file stays as it is', () => {
  expect(usersLine(thrown(['    at x (file://elsewhere/a%2Fb.js:1:2)']), root)).toContain('a%2Fb.js:1:2');
});
