import { spawn } from 'node:child_process';
import { killProcess, sendTo } from './kill-process';
import { isAlive, type ProcessEntry, type ProcessIdentity } from './process-identity';
import { processTable } from './process-table';

/**
 * Kills what a process has started in its own process group, such as the command that an `execSync` waits
 * for. What has a group of its own, such as a guardian, was meant to live apart.
 *
 * @returns whether there was anything.
 */
export function killDescendants(pid: number): boolean {
  const found = descendantsInGroup(pid);
  for (const identity of found) killProcess(identity);
  return found.length > 0;
}

/**
 * Kills another process that cannot end by itself, with what it has started in its own group. It is stopped
 * first: one that waits for a command would start the next when the command is killed.
 */
export function killFamily(head: ProcessIdentity): void {
  if (!isAlive(head)) return;
  sendTo(head, 'SIGSTOP');
  const descendants = descendantsInGroup(head.pid);
  for (const identity of [head, ...descendants]) killProcess(identity);
}

/**
 * Kills this process from one of its threads, with what it has started in its own group. Nobody in it could
 * kill that afterwards, so a shell does; meanwhile it is stopped, and the main thread goes on waiting.
 */
export function killOwnFamily(): void {
  const descendants = descendantsInGroup(process.pid);
  const die = (): void => void process.kill(process.pid, 'SIGKILL');
  if (descendants.length === 0) return die();
  for (const identity of descendants) sendTo(identity, 'SIGSTOP');
  const pids = [process.pid, ...descendants.map(({ pid }) => pid)];
  const shell = spawn('/bin/sh', ['-c', `kill -KILL ${pids.join(' ')}`], { detached: true, stdio: 'ignore' });
  shell.once('error', die);
  shell.once('exit', die);
}

function descendantsInGroup(pid: number): ProcessEntry[] {
  const table = processTable();
  const group = table.find((entry) => entry.pid === pid)?.group;
  const found = new Set<ProcessEntry>();
  const childrenOf = (parent: number): void => {
    for (const entry of table) {
      if (entry.parent !== parent || entry.group !== group || entry.isZombie || found.has(entry)) continue;
      found.add(entry);
      childrenOf(entry.pid);
    }
  };
  childrenOf(pid);
  return [...found];
}
