import { ModelProviderError } from '../base/errors';

/** Environment variables. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The labels that `EVALS_MODELS` names, or null.
 *
 * @throws ModelProviderError `CONFIG_INVALID`.
 */
export function chosenModels(env: Variables): string[] | null {
  const given = env['EVALS_MODELS'];
  if (given === undefined || given === '') return null;
  const models = given.split(',').map((label) => label.trim());
  if (models.every((label) => label !== '')) return models;
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `EVALS_MODELS is ${JSON.stringify(given)}; it must be labels of models with commas between them, such as "embedded:novice,embedded:expert".`,
  );
}
