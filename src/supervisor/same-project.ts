import { ModelProviderError } from '../pattern/errors';
import { packageVersion } from '../pattern/version';
import type { SupervisorGreeting } from '../session/supervisor-protocol';
import { projectProviders } from './project-providers';

/**
 * One supervisor serves one project: its names may be relative paths, and its session has one provider module, as it was when it
 * was loaded.
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
