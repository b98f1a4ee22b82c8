import { messageOf, ModelProviderError } from '../../base/errors';
import { showValue } from '../../base/json';
import { hasColumn } from './columns';

/**
 * The text that names a row or its cluster: the value of a column, which need not be among the named ones, or
 * of a function.
 *
 * @param option `id` or `cluster`, as messages name it.
 * @param label names the row in messages.
 * @throws ModelProviderError `EVAL_INVALID` for a row without the column, for an empty text, and for what is
 *   neither text nor number.
 */
export function rowText<Row>(
  option: string,
  given: string | ((row: Row) => string),
  row: Row,
  named: Readonly<Record<string, unknown>>,
  label: string,
): string {
  const value: unknown =
    typeof given === 'function'
      ? fromUser(option, label, () => given(row))
      : column(option, given, row, named, label);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(
    `the ${option} of row ${label} is ${value === '' ? 'empty' : showValue(value)}; it must be a text or a number`,
  );
}

/** Calls a function of the user's on a row; what it throws is told with the row. */
export function fromUser<T>(option: string, label: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw invalid(`${option} threw for row ${label}: ${messageOf(error)}`, error);
  }
}

function column(
  option: string,
  name: string,
  row: unknown,
  named: Readonly<Record<string, unknown>>,
  label: string,
): unknown {
  if (Object.hasOwn(named, name)) return named[name];
  if (typeof row === 'object' && row !== null && !Array.isArray(row) && hasColumn(row, name))
    return (row as Record<string, unknown>)[name];
  throw invalid(`row ${label} has no column "${name}" for the option ${option}`);
}

function invalid(what: string, cause?: unknown): ModelProviderError {
  return new ModelProviderError('EVAL_INVALID', `foreach(): ${what}.`, { cause });
}
