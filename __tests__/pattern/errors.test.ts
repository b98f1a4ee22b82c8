import { runInNewContext } from 'node:vm';
import {
  deserializeError,
  errorCodes,
  isModelProviderError,
  localError,
  messageOf,
  ModelProviderError,
  serializeError,
} from '../../src/pattern/errors';

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
