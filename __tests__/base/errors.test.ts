import { resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import {
  deserializeError,
  errorCodes,
  isModelProviderError,
  localError,
  messageOf,
  ModelProviderError,
  serializeError,
  showUsersLine,
} from '../../src/base/errors';
import { keepSecret } from '../../src/base/secrets';
import { requireKnown } from '../../src/base/require-known';

test('an error keeps its details and its cause', () => {
  const cause = new Error('the reason');
  const error = new ModelProviderError('SETUP_FAILED', 'no server', { details: { port: 1 }, cause });
  expect(error.details).toEqual({ port: 1 });
  expect(error.cause).toBe(cause);
  expect(error).toBeInstanceOf(Error);
});

test('an error without a cause has no cause property, so that nothing prints an empty one', () => {
  const error = new ModelProviderError('SETUP_FAILED', 'no server');
  expect('cause' in error).toBe(false);
  expect(error.details).toEqual({});
});

test.each(errorCodes)('%s is recognised by its code alone', (code) => {
  const stranger: unknown = { code, message: 'made elsewhere' };
  expect(isModelProviderError(stranger)).toBe(true);
  expect(isModelProviderError(stranger, code)).toBe(true);
  expect(isModelProviderError(stranger, code === 'DEADLOCK' ? 'SETUP_FAILED' : 'DEADLOCK')).toBe(false);
});

test('an error of another realm is recognised, though it is no instance of this one', () => {
  const foreign: unknown = runInNewContext(`Object.assign(new Error('died'), { code: 'RESOURCE_LOST' })`);
  expect(foreign).not.toBeInstanceOf(Error);
  expect(isModelProviderError(foreign, 'RESOURCE_LOST')).toBe(true);
});

test.each([
  ['a system error', Object.assign(new Error('no such file'), { code: 'ENOENT' })],
  ['an error without a code', new Error('plain')],
  ['a code without a message', { code: 'DEADLOCK' }],
  ['a code that is no text', { code: 1, message: 'one' }],
  ['a text', 'DEADLOCK'],
  ['null', null],
  ['undefined', undefined],
])('%s is none of the errors of this package', (_what, value: unknown) => {
  expect(isModelProviderError(value)).toBe(false);
});

test('an error survives the way to another process: code, message and details', () => {
  const sent = new ModelProviderError('SETUP_TIMEOUT', 'first\nsecond', { details: { pid: 7, log: ['a'] } });
  const received = deserializeError(JSON.parse(JSON.stringify(serializeError(sent))) as never);
  expect(received).toBeInstanceOf(ModelProviderError);
  expect(received).toMatchObject({
    code: 'SETUP_TIMEOUT',
    message: 'first\nsecond',
    details: { pid: 7, log: ['a'] },
  });
});

test.each([
  ['an Error', new Error('broken'), 'broken'],
  ['a text', 'broken', 'broken'],
  ['a number', 7, '7'],
  ['undefined', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a symbol', Symbol('broken'), 'Symbol(broken)'],
  ['an object with a message', { message: 'broken' }, 'broken'],
])('%s that was thrown is sent as a failed setup with its message', (_what, value: unknown, message) => {
  expect(messageOf(value)).toBe(message);
  expect(serializeError(value)).toEqual({ code: 'SETUP_FAILED', message, details: {} });
});

test('an error of this realm stays the same object', () => {
  const own = new TypeError('mine');
  expect(localError(own)).toBe(own);
});

test('an error of another realm becomes one of this realm with its code and details', () => {
  const foreign: unknown = runInNewContext(
    `Object.assign(new Error('died'), { code: 'RESOURCE_LOST', details: { exit: 1 } })`,
  );
  const local = localError(foreign);
  expect(local).toBeInstanceOf(ModelProviderError);
  expect(local).toMatchObject({ code: 'RESOURCE_LOST', message: 'died', details: { exit: 1 } });
});

describe('what an error quotes', () => {
  const secret = 'secret-of-an-error';
  beforeAll(() => keepSecret('a resource', secret));

  test('has no secret in message, stack and details', () => {
    const error = new ModelProviderError('REQUEST_FAILED', `the key ${secret}`, {
      details: { header: `Bearer ${secret}`, list: [{ base64: btoa(`user:${secret}`) }], status: 401 },
    });
    expect(error.message).toBe('the key [redacted]');
    expect(error.stack).toMatch(/^ModelProviderError \[REQUEST_FAILED\]: the key \[redacted\]\n/);
    expect(error.details).toMatchObject({ header: 'Bearer [redacted]', status: 401 });
    expect(JSON.stringify(error.details)).not.toContain(btoa(`user:${secret}`).slice(8, -4));
  });

  test('cannot steer a terminal, and keeps its lines', () => {
    const message = 'first \u001b[2J\n  \u202esecond';
    const error = new ModelProviderError('SETUP_FAILED', message, { details: { message } });
    const shown = 'first \\u001b[2J\n  \\u202esecond';
    expect(error.message).toBe(shown);
    expect(error.details).toEqual({ message: shown });
    expect(deserializeError(serializeError(error)).message).toBe(shown);
  });

  test('has a limit in each line', () => {
    const error = new ModelProviderError('SETUP_FAILED', 'x'.repeat(1e6), {
      details: { x: 'x'.repeat(1e6) },
    });
    expect(error.message.length).toBeLessThanOrEqual(2000);
    expect(String(error.details['x']).length).toBeLessThanOrEqual(2000);
  });

  test('is no cause that quotes a secret, not even in its own cause', () => {
    const cause = new Error('outer', { cause: new Error(`inner ${secret}`) });
    expect('cause' in new ModelProviderError('SETUP_FAILED', 'failed', { cause })).toBe(false);
  });

  test('is no secret where an error of others is sent to another process', () => {
    expect(serializeError(new Error(`with ${secret}`)).message).toBe('with [redacted]');
  });
});
test('what a user has thrown keeps its name and its frames on that way', () => {
  const cause = Object.assign(new TypeError('no such model'), {
    stack: 'TypeError: no such model\n    at make (/home/you/project/providers.js:5:11)',
  });
  const sent = new ModelProviderError('SETUP_FAILED', 'not set up: no such model', { cause });
  const received = deserializeError(JSON.parse(JSON.stringify(serializeError(sent))) as never);
  const { name, message, stack } = received.cause as Error;
  expect({ name, message, stack }).toEqual({ name: cause.name, message: cause.message, stack: cause.stack });
});

test('a cause without a line of a user stays behind', () => {
  const cause = Object.assign(new Error('closed'), { stack: 'Error: closed\n    at Socket (node:net:1:1)' });
  expect(serializeError(new ModelProviderError('SETUP_FAILED', 'no server', { cause }))).not.toHaveProperty(
    'cause',
  );
});

test('the stack of an error begins with the line of who has called this package', () => {
  const error = new ModelProviderError('SETUP_FAILED', 'no server\n    at a line of its message');
  const [first, second, third] = error.stack?.split('\n') ?? [];
  expect([first, second]).toEqual([
    'ModelProviderError [SETUP_FAILED]: no server',
    '    at a line of its message',
  ]);
  expect(third).toContain(__filename);
  const inside = new ModelProviderError('SETUP_FAILED', 'no server', { cause: thrownInside() });
  expect(inside.stack).not.toContain('/src/base/');
  expect((inside.cause as Error).stack).not.toContain('/src/base/');
});

function thrownInside(): unknown {
  try {
    return requireKnown({ a: 1 }, []);
  } catch (error) {
    return error;
  }
}

test('an error that was made elsewhere leads to the line where it is thrown', async () => {
  const made = new ModelProviderError('RESOURCE_LOST', 'died', { details: { resourceId: 'a#1' } });
  made.stack = 'ModelProviderError [RESOURCE_LOST]: died';
  const thrown = localError(made);
  expect(thrown).toEqual(made);
  expect(thrown.stack).toContain(__filename);
  await expect(Promise.reject(thrown)).rejects.toMatchObject({ details: { resourceId: 'a#1' } });
});

test('where nothing leads to a line of the user, that of the call whose work it was is shown', () => {
  const bare = (): ModelProviderError =>
    Object.assign(new ModelProviderError('SETUP_FAILED', 'no server'), { stack: 'E: no server' });
  const origin = ['    at spec (/home/you/a.eval.js:3:1)'];
  const [without, own, foreign] = [bare(), new ModelProviderError('SETUP_FAILED', 'b'), new Error('c')];
  const mistake = new TypeError('fn is not a function');
  mistake.stack = `TypeError: fn is not a function\n    at run (${resolve(__dirname, '../../src/evals/foreach.js')}:1:1)`;
  foreign.stack = 'Error: c\n    at connect (/p/node_modules/pg/lib/client.js:1:1)';
  const before = own.stack;
  for (const error of [without, own, foreign, mistake]) showUsersLine(error, origin);
  expect(without.stack).toBe('E: no server\n    at spec (/home/you/a.eval.js:3:1)');
  expect(mistake.stack).toBe('TypeError: fn is not a function\n    at spec (/home/you/a.eval.js:3:1)');
  expect(own.stack).toBe(before);
  expect(foreign.stack).toContain('pg/lib/client.js');
  expect(foreign.stack).not.toContain('a.eval.js');
});

test.each([
  ['a text', 'thrown'],
  ['nothing', undefined],
  ['a frozen error', Object.freeze(new Error('frozen'))],
  ['an error that is its own cause', circular()],
  ['errors together', new AggregateError([new Error('a'), 'b'])],
])('%s is left as it is', (_what, thrown: unknown) => {
  expect(() => showUsersLine(thrown, ['    at a (/b.js:1:1)'])).not.toThrow();
});

function circular(): Error {
  const error = new Error('again');
  error.cause = error;
  return error;
}
