import type { ProjectOptions } from '../src/provider-module/path';
import { resourceKey, type ParsedRequest } from '../src/pattern/resource-spec';
import { ModelProviderError } from '../src/base/errors';

/** The facts that `modelMatrix()` gave a project; undefined for other projects. */
export function matrixProject({
  testEnvironmentOptions,
}: Pick<ProjectOptions, 'testEnvironmentOptions'>): MatrixProject | undefined {
  return testEnvironmentOptions['modelMatrix'] as MatrixProject | undefined;
}

/** What each Jest project that `modelMatrix()` makes knows: JSON, as it crosses to workers. */
export interface MatrixProject {
  /** The label of the model whose blocks run in it. */
  readonly model: string;
  /** Whether tests outside all models' blocks run in it: they do in one project of a run. */
  readonly isFirst: boolean;
  /** All models of the matrix, also those that the run leaves out. */
  readonly models: readonly Omit<ParsedRequest, 'spec'>[];
}

/** How the session names a test file of that project: other projects run the same file. */
export function matrixFile({ model }: Pick<MatrixProject, 'model'>, testPath: string): string {
  return `${testPath} (${model})`;
}

/** The request for the project's own model. */
export function ownModel({ model, models }: MatrixProject): Omit<ParsedRequest, 'spec'> | undefined {
  return models.find(({ label }) => label === model);
}

/**
 * The model of the matrix that a block evaluates, by its label; undefined if it is for none.
 *
 * @throws ModelProviderError `MODELS_INVALID` if the block calls a model of the matrix by another label.
 */
export function matrixModel(
  { models }: Pick<MatrixProject, 'models'>,
  { label, provider, name, config, spec }: ParsedRequest,
): string | undefined {
  if (models.some((model) => model.label === label)) return label;
  const key = resourceKey(provider, name, config);
  const same = models.find((model) => resourceKey(model.provider, model.name, model.config) === key);
  if (same === undefined) return undefined;
  throw new ModelProviderError(
    'MODELS_INVALID',
    `A block calls "${spec}" "${label}", but modelMatrix() in jest.config calls it "${same.label}": give it the same label in both, so that it is clear in which project it runs.`,
    { details: { spec, labels: [label, same.label] } },
  );
}
