import { ModelProviderError } from '../../base/errors';
import type { LogClaim } from '../../pattern/session-client';

/**
 * Which project of the run writes which log. The names of their projects are all that tells the logs of one
 * evaluation in two projects apart: without them, one project would take over the samples of the other.
 */
export class LogClaims {
  readonly #owners = new Map<string, string>();

  /** @throws ModelProviderError `CONFIG_INVALID` if another project has claimed the log. */
  claim({ log, project, projectId }: LogClaim): void {
    const owner = this.#owners.get(log) ?? projectId;
    this.#owners.set(log, owner);
    if (owner === projectId) return;
    const names = project === '' ? 'that have no displayName' : `with one displayName, "${project}"`;
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `Two projects ${names} run this evaluation: give each project of jest.config a displayName of its own. Without it both would write one log, and the second would take over what the first has found.\nThe log of the first: ${log}`,
      { details: { log } },
    );
  }
}
