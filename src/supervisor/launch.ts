import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deserializeError, ModelProviderError, type SerializedError } from '../base/errors';
import { takeLock } from '../process/os/lock-file';
import { stateDirectory } from '../process/ledger/state-directory';
import { writing } from '../process/ledger/unwritable';
import type { SupervisorLinkOptions } from '../session/warm/supervisor-link';
import { SupervisorClient } from './client';

/** The options of a new supervisor, which are its only argument, as JSON. */
export interface SupervisorOptions {
  /** A Jest configuration file or its folder. */
  readonly config: string | undefined;
}

/**
 * The one message of a new supervisor to the process that started it: null when it listens, or why it does
 * not.
 */
export interface LaunchOutcome {
  readonly error: SerializedError | null;
}

const launchLimitMs = 60_000;
const pollMs = 50;

/**
 * Connects to the supervisor of this user, and starts one if there is none. Two commands at once start only
 * one.
 *
 * @throws ModelProviderError what the start of the supervisor throws; `CONFIG_INVALID` if its lock cannot be written.
 */
export async function ensureSupervisor(
  supervisor: SupervisorOptions,
  options: SupervisorLinkOptions,
): Promise<{ readonly client: SupervisorClient; readonly isNew: boolean }> {
  const unlock = await launchLock();
  try {
    const present = await SupervisorClient.open(options);
    if (present !== undefined) return { client: present, isNew: false };
    const child = await launch(supervisor);
    try {
      const client = await SupervisorClient.open(options);
      if (client === undefined) throw ended();
      return { client, isNew: true };
    } finally {
      // From here on the supervisor lives as long as a client is connected or something is warm.
      child.disconnect();
      child.unref();
    }
  } finally {
    unlock();
  }
}

async function launchLock(): Promise<() => void> {
  const path = join(stateDirectory(), 'supervisor.lock');
  const deadline = performance.now() + launchLimitMs;
  for (;;) {
    const { unlock, holder } = writing(
      'The lock of the commands that start the supervisor,',
      path,
      'XDG_STATE_HOME',
      () => takeLock(path),
    );
    if (unlock !== undefined) return unlock;
    if (performance.now() > deadline) {
      throw new ModelProviderError(
        'SUPERVISOR_CONFLICT',
        `Another command (pid ${holder.pid}) has been starting the supervisor for ${launchLimitMs} ms: wait for its end, or end it.${holder.isElsewhere ? ` It is on another machine or in another container: remove ${path} if it has ended.` : ''}`,
      );
    }
    await sleep(pollMs);
  }
}

async function launch(options: SupervisorOptions): Promise<ChildProcess> {
  // A process session of its own: no terminal signal reaches it.
  const child = spawn(process.execPath, [join(__dirname, 'main.js'), JSON.stringify(options)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const { error } = await new Promise<LaunchOutcome>((resolve, reject) => {
    child.once('message', (outcome) => resolve(outcome as LaunchOutcome));
    child.once('exit', () => reject(ended()));
    child.once('error', reject);
  });
  if (error === null) return child;
  if (child.exitCode === null) await once(child, 'exit');
  throw deserializeError(error);
}

function ended(): ModelProviderError {
  return new ModelProviderError(
    'SETUP_FAILED',
    'The supervisor ended before it could be asked for anything.',
  );
}
