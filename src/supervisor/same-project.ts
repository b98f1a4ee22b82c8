import { ModelProviderError } from '../base/errors';
import { packageVersion } from '../base/version';
import type { SupervisorGreeting } from '../session/warm/supervisor-protocol';
import { projectProviders } from './project-providers';

/**
 * Refuses a supervisor of another project: names may be relative paths, and a supervisor has one provider
 * module, in the version that it loaded.
 *
 * @throws ModelProviderError `SUPERVISOR_CONFLICT`.
 */
export async function requireSameProject(
  { pid, version, project }: SupervisorGreeting,
  config: string | undefined,
): Promise<void> {
  const own = (await projectProviders(config)).project;
  const difference =
    version !== packageVersion
      ? `runs version ${version} of jest-model-provider, not ${packageVersion}`
      : project.directory !== own.directory
        ? `keeps resources of ${project.directory} warm, not of ${own.directory}`
        : project.providerModule !== own.providerModule
          ? `has the provider module ${project.providerModule ?? 'of no project'}, not ${own.providerModule ?? 'none'}`
          : project.moduleVersion !== own.moduleVersion
            ? `has loaded ${own.providerModule ?? 'the provider module'} before it was changed`
            : undefined;
  if (difference === undefined) return;
  throw new ModelProviderError(
    'SUPERVISOR_CONFLICT',
    `The supervisor (pid ${pid}) ${difference}: end it with jest-model-provider down, and try again.`,
  );
}
