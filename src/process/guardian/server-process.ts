import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ModelProviderError } from '../../base/errors';
import { keepSecret } from '../../base/secrets';
import type { LaunchOptions, ProcessExit, ServerProcess } from '../../pattern/resource-context';
import { childEnvironment } from '../os/child-environment';
import { findCommand } from '../os/find-command';
import type { GuardianClient } from './guardian-client';
import { logSize, readLogTail } from './log-tail';

const defaultGraceMs = 5000;

/** What a launch belongs to. */
export interface LaunchContext {
  readonly guardian: GuardianClient;
  /** Unique within the session. */
  readonly id: string;
  readonly resourceId: string;
  /** The directory of the log file. */
  readonly directory: string;
}

/**
 * Starts a server through the guardian.
 *
 * @throws ModelProviderError `COMMAND_NOT_FOUND`, `GUARDIAN_LOST`, `SETUP_FAILED` if its directory does not
 *   exist.
 */
export async function launchServer(options: LaunchOptions, context: LaunchContext): Promise<ServerProcess> {
  const { guardian, id, resourceId, directory } = context;
  const logFile = join(directory, `${id}.log`);
  for (const secret of options.secrets ?? []) keepSecret(resourceId, secret);
  let exit: ProcessExit | undefined;
  let resolveExited: (exit: ProcessExit) => void = () => undefined;
  const exited = new Promise<ProcessExit>((resolve) => (resolveExited = resolve));
  const { pid } = await guardian.launch(
    {
      id,
      resourceId,
      command: findCommand(options.command),
      args: options.args,
      env: childEnvironment(options),
      cwd: requireDirectory(options.cwd ?? process.cwd()),
      logFile,
      graceMs: options.graceMs ?? defaultGraceMs,
      stopSignal: options.stopSignal,
      user: options.user,
    },
    (ended) => resolveExited((exit = ended)),
  );
  return {
    pid,
    exited,
    get exit() {
      return exit;
    },
    logTail: (lines = 20) => readLogTail(logFile, lines),
    logSize: () => logSize(logFile),
    stop: () => stopServer(context, pid),
  };
}

// spawn() reports a missing directory as a missing program.
// https://nodejs.org/api/child_process.html#child_processspawncommand-args-options
function requireDirectory(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw new ModelProviderError(
    'SETUP_FAILED',
    `The server cannot run in ${path}: there is no such directory.`,
    {
      details: { path },
    },
  );
}

async function stopServer({ guardian, id, resourceId }: LaunchContext, pid: number): Promise<void> {
  const { survivors } = await guardian.stop(id);
  if (survivors.length === 0) return;
  throw new ModelProviderError(
    'TEARDOWN_FAILED',
    `The processes ${survivors.join(', ')} of "${resourceId}" (group ${pid}) survived SIGKILL: the kernel holds them, often in a driver call.`,
    { details: { resourceId, survivors: [...survivors] } },
  );
}
