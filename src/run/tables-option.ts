import { ModelProviderError } from '../base/errors';
import { showValue } from '../base/json';
import type { Given } from './given-option';

/**
 * Whether tables are printed at the end of a run.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for what is neither true nor false.
 */
export function readTables(given: Given | undefined): boolean {
  if (given === undefined) return true;
  const { value, name, isVariable } = given;
  const tables = [true, false].find((each) => (isVariable ? String(each) : each) === value);
  if (tables !== undefined) return tables;
  throw new ModelProviderError('CONFIG_INVALID', `${name} is ${showValue(value)}; it must be true or false.`);
}
