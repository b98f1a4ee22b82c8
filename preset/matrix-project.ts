import type { MatrixProject } from '../src/pattern/matrix-project';
import type { ProjectOptions } from '../src/session/provider-module-path';

/** What `modelMatrix()` has told a project that it made. */
export function matrixProject({
  testEnvironmentOptions,
}: Pick<ProjectOptions, 'testEnvironmentOptions'>): MatrixProject | undefined {
  return testEnvironmentOptions['modelMatrix'] as MatrixProject | undefined;
}
