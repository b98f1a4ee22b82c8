import { NotificationType, RequestType } from 'vscode-jsonrpc/node';
import type { ProcessExit, StopSignal, SystemUser } from '../../pattern/resource-context';
import type { GroupStop } from '../os/process-group';

/** The options of a guardian, passed as one JSON argument. */
export interface GuardianOptions {
  readonly session: string;
  readonly ledger: string;
  readonly directory: string;
}

export interface LaunchRequest {
  readonly id: string;
  readonly resourceId: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly logFile: string;
  readonly graceMs: number;
  readonly stopSignal?: StopSignal | undefined;
  readonly user?: SystemUser | undefined;
}

export interface ExitNotice extends ProcessExit {
  readonly id: string;
}

/** Starts a server; answered once its ledger line is on disk and it may run. */
export const launchRequest = new RequestType<LaunchRequest, { pid: number }, void>('launch');
/** Stops a server's group; answered when no member is left. */
export const stopRequest = new RequestType<{ id: string }, GroupStop, void>('stop');
/** Ends every grace period: servers that are being stopped, or will be, are killed at once. */
export const forceKillNotification = new NotificationType<void>('forceKill');
/** The leader of a server's group has ended. */
export const exitNotification = new NotificationType<ExitNotice>('exit');
