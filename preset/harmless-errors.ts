import { stripVTControlCharacters } from 'node:util';
import type { Circus } from '@jest/types';
import { mapTexts } from '../src/base/json';
import { printableLines } from '../src/base/printable';
import { keepSecretsOf, redact } from '../src/base/secrets';

/**
 * Takes secrets and what a terminal obeys out of the errors of a test that has just ended, and of a file: Jest
 * prints them as they are, and so do its reporters. They may quote what a model or a server said, as those of
 * `expect` do.
 *
 * @param variables of the realm of the file, which may have read some of its own.
 */
export function makeErrorsHarmless(
  event: Circus.Event,
  { unhandledErrors }: Circus.State,
  variables: Readonly<Record<string, string | undefined>>,
): void {
  if (event.name !== 'test_done' && event.name !== 'run_finish') return;
  const errors: unknown[] = event.name === 'test_done' ? event.test.errors : unhandledErrors;
  if (errors.length === 0) return;
  keepSecretsOf(variables);
  errors.splice(0, errors.length, ...errors.map((error) => harmless(error)));
}

const deepest = 5;
// As chalk decides: https://github.com/chalk/supports-color
const hasColours =
  process.stdout.isTTY ||
  !['', '0', 'false'].includes(process.env['FORCE_COLOR'] ?? '') ||
  process.argv.some((argument) => /^--colou?rs?$/.test(argument));
// Those of Jest's messages, which are no more than colours.
// eslint-disable-next-line no-control-regex -- they begin with one
const colours = hasColours ? /(\u001b\[(?:[0127]|22|27|3[1-79]|4[39]|90)m)/ : /(?!)/;

/** Errors stay what they are, with other texts in them. */
function harmless(thrown: unknown, depth = 0): unknown {
  if (typeof thrown === 'string') return harmlessText(thrown);
  if (Array.isArray(thrown)) return thrown.map((one) => harmless(one, depth));
  if (typeof thrown !== 'object' || thrown === null || depth > deepest) return thrown;
  const error = thrown as Record<string, unknown>;
  for (const key of ['message', 'stack'])
    change(error, key, (text) => (typeof text === 'string' ? harmlessText(text) : text));
  for (const key of ['cause', 'errors']) change(error, key, (inner) => harmless(inner, depth + 1));
  for (const key of Object.keys(error)) change(error, key, harmlessFact);
  return thrown;
}

/** Without secrets, also in names of fields: what `expect` compares is a fact of its errors. */
function harmlessFact(fact: unknown): unknown {
  return mapTexts({ fact }, redact, () => true).fact;
}

function change(error: Record<string, unknown>, key: string, to: (value: unknown) => unknown): void {
  const value = error[key];
  const changed = to(value);
  // A frozen error stays: it is not worth another one.
  if (changed === value) return;
  const isEnumerable = Object.prototype.propertyIsEnumerable.call(error, key);
  const own = { enumerable: isEnumerable, writable: true, configurable: true };
  Reflect.defineProperty(error, key, { ...own, value: changed });
}

function harmlessText(text: string): string {
  // Jest colours parts of words, also of a secret.
  const plain = stripVTControlCharacters(text);
  if (redact(plain) !== plain) return printableLines(plain);
  return text
    .split(colours)
    .map((part, index) => (index % 2 === 0 ? printableLines(part) : part))
    .join('');
}
