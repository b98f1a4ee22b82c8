import { ModelProviderError } from '../base/errors';
import type { Variables } from './chosen-models';

/**
 * Whether `EVALS_END_WITH_PARENT` asks that the run ends when the process that started it is gone.
 *
 * @throws ModelProviderError `CONFIG_INVALID` naming variable, value and fix.
 */
export function endsWithParent(env: Variables): boolean {
  const given = env['EVALS_END_WITH_PARENT'] ?? '';
  if (given === '1') return true;
  if (given === '' || given === '0') return false;
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `EVALS_END_WITH_PARENT is ${JSON.stringify(given)}; it must be 1, or 0 or nothing.`,
  );
}
