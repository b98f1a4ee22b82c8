import { NotificationType, RequestType, RequestType0 } from 'vscode-jsonrpc/node';
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
/** Stops every server, removes the session's files and ends the guardian: it is never answered. */
export const endRequest = new RequestType0<void, void>('end');
/** A sign of life: answered at once. */
export const pingRequest = new RequestType0<null, void>('ping');
/** Looks now which processes the servers have, not only at the next of its regular looks. */
export const lookNotification = new NotificationType<void>('look');
/** Ends every grace period: servers that are being stopped, or will be, are killed at once. */
export const forceKillNotification = new NotificationType<void>('forceKill');
/** The leader of a server's group has ended. */
export const exitNotification = new NotificationType<ExitNotice>('exit');
