import { ModelProviderError } from '../base/errors';
import { showValue } from '../base/json';
import type { Given } from './given-option';

/**
 * Whether something is done at the end of a run that is done unless an option says otherwise.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for what is neither true nor false.
 */
export function readSwitch(given: Given | undefined): boolean {
  if (given === undefined) return true;
  const { value, name, isVariable } = given;
  const isOn = [true, false].find((each) => (isVariable ? String(each) : each) === value);
  if (isOn !== undefined) return isOn;
  throw new ModelProviderError('CONFIG_INVALID', `${name} is ${showValue(value)}; it must be true or false.`);
}
