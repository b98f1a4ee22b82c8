import { execFileSync } from 'node:child_process';
import { ModelProviderError } from '../../base/errors';
import type { SystemUser } from '../../pattern/resource-context';

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The user that a server must run as. PostgreSQL refuses root, so root runs it as `nobody`, who owns nothing
 * else. Undefined for every other user, who runs it as itself.
 */
export function serverUser(): SystemUser | undefined {
  if (!isRoot()) return undefined;
  try {
    const [, uid, gid] =
      /^uid=(\d+)\S* gid=(\d+)/.exec(execFileSync('id', ['nobody'], { encoding: 'utf8' })) ?? [];
    if (uid === undefined || gid === undefined) throw new Error('id says nothing of the user "nobody"');
    return { uid: Number(uid), gid: Number(gid) };
  } catch (error) {
    throw new ModelProviderError(
      'SETUP_FAILED',
      'PostgreSQL does not run as root, and this machine has no user "nobody" to run it as: add one, or run Jest as another user.',
      { cause: error },
    );
  }
}
