import type { Circus } from '@jest/types';
import { ModelProviderError } from '../../src/base/errors';

const secret = 'secret-of-the-spec-1';
const variables = { SPEC_KEY: secret };

/** What becomes of the errors of a test, in a Jest that colours its messages or does not. */
function harmless(
  errors: unknown[],
  colours = '0',
  event: 'test_done' | 'run_finish' = 'test_done',
): unknown[] {
  const before = process.env['FORCE_COLOR'];
  process.env['FORCE_COLOR'] = colours;
  try {
    jest.isolateModules(() => {
      const { makeErrorsHarmless } =
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- anew, for other colours
        require('../../preset/harmless-errors') as typeof import('../../preset/harmless-errors');
      const test = { errors: event === 'test_done' ? errors : [] };
      const state = { unhandledErrors: event === 'test_done' ? [] : errors };
      makeErrorsHarmless({ name: event, test } as never, state as unknown as Circus.State, variables);
    });
  } finally {
    if (before === undefined) delete process.env['FORCE_COLOR'];
    else process.env['FORCE_COLOR'] = before;
  }
  return errors;
}

test('an error stays the same error, of the same class, with the rest of its message', () => {
  const error = new TypeError(`no ${secret}`);
  const [[found]] = harmless([[error, undefined]]) as [[TypeError, undefined]];
  expect(found).toBe(error);
  expect(found.message).toBe('no [redacted]');
  expect(found.stack).toMatch(/^TypeError: no \[redacted\]\n +at /);
  expect(Object.keys(found)).toEqual([]);
});

test('causes, errors within errors, and facts of errors have no secret either', () => {
  const cause: Error & { cause?: unknown } = new Error(`cause ${secret}`);
  cause.cause = cause;
  const inner = Object.assign(new Error('inner'), { matcherResult: { actual: [btoa(`x:${secret}`)] } });
  const error = new AggregateError([inner], 'outer', { cause });
  harmless([error]);
  expect(cause.message).toBe('cause [redacted]');
  expect(inner.matcherResult.actual[0]).toMatch(/^eDpz?\w{0,2}\[redacted\]/);
});

test('names of fields in facts of errors have no secret, as expect compares objects', () => {
  const error = Object.assign(new Error('x'), {
    matcherResult: { actual: { [secret]: 1 } },
    a: { [secret]: 2 },
  });
  harmless([error]);
  expect(error.matcherResult.actual).toEqual({ '[redacted]': 1 });
  expect(error.a).toEqual({ '[redacted]': 2 });
});

test('what needs no change is not touched', () => {
  const facts = { list: [1, { deep: 'text' }] };
  const error = Object.assign(new Error('two\n\tlines'), { facts });
  const { stack } = error;
  harmless([error]);
  expect(error).toMatchObject({ message: 'two\n\tlines', stack });
  expect(error.facts).toBe(facts);
});

test('what a terminal obeys is shown, but for the colours of Jest where it has some', () => {
  const message = 'is \u001b[32m"a"\u001b[39m, not \u001b[2J\u202e\u001b[8m';
  const [coloured, plain] = [new Error(message), new Error(message)];
  harmless([coloured], '1');
  harmless([plain]);
  const rest = String.raw`, not \u001b[2J\u202e\u001b[8m`;
  expect(coloured.message).toBe(`is \u001b[32m"a"\u001b[39m${rest}`);
  expect(plain.message).toBe(String.raw`is \u001b[32m"a"\u001b[39m` + rest);
});

test('a secret that colours cut into pieces is taken out, with all colours', () => {
  const error = new Error(`not ${secret.slice(0, 5)}\u001b[7m${secret.slice(5)}\u001b[27m`);
  harmless([error], '1');
  expect(error.message).toBe('not [redacted]');
});

test('texts and errors that cannot be changed do no harm', () => {
  const frozen = Object.freeze(new Error(`no ${secret}`));
  expect(harmless([`a text with ${secret}`, undefined, null, 1, frozen])).toEqual([
    'a text with [redacted]',
    undefined,
    null,
    1,
    frozen,
  ]);
});

test('errors of a file, and of this package, are treated alike', () => {
  const error = new ModelProviderError('SETUP_FAILED', 'failed', { details: { said: secret } });
  harmless([error], '0', 'run_finish');
  expect(error.details).toEqual({ said: '[redacted]' });
});
