import { userInfo } from 'node:os';

/** The number of this process's user, which need not have an entry in the system's list of users. */
export function ownUser(): number {
  return process.getuid?.() ?? userInfo().uid;
}
