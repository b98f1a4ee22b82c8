import { isObject } from '../../base/json';
import type { StopSignal } from '../../pattern/resource-context';
import type { ProcessIdentity } from '../os/process-identity';

/** The lines of a ledger. The file holds no secret and no configuration. */
export type LedgerEntry =
  | {
      readonly type: 'session';
      readonly version: 1;
      readonly session: string;
      readonly bootId: string;
      /** Missing in ledgers of earlier versions. */
      readonly pidNamespace?: string | undefined;
      readonly host?: string | undefined;
      readonly owner: ProcessIdentity;
      /** The session's directory: socket, logs. */
      readonly directory: string;
    }
  | { readonly type: 'guardian'; readonly guardian: ProcessIdentity }
  /** A worker process of Jest. */
  | { readonly type: 'worker'; readonly worker: ProcessIdentity }
  | {
      readonly type: 'process';
      /** The server's, which is part of its mark. */
      readonly id?: string | undefined;
      readonly resourceId: string;
      readonly process: ProcessIdentity;
      readonly graceMs: number;
      /** SIGTERM if not given. */
      readonly stopSignal?: StopSignal | undefined;
      /** The path of the program that was started, without links. */
      readonly executable?: string | undefined;
    }
  | {
      /** Processes of a server that nothing else shows to be its own. */
      readonly type: 'descendants';
      /** The number of the server's leader. */
      readonly of: number;
      readonly processes: readonly ProcessIdentity[];
    }
  | { readonly type: 'stopped'; readonly pid: number };

export type ProcessLine = Extract<LedgerEntry, { type: 'process' }>;

/** The servers that a ledger does not record as stopped. */
export function unstopped(entries: readonly LedgerEntry[]): ProcessLine[] {
  const servers = new Map<number, ProcessLine>();
  // In their order, because a later server may have the number of one that was stopped.
  for (const entry of entries) {
    if (entry.type === 'process') servers.set(entry.process.pid, entry);
    else if (entry.type === 'stopped') servers.delete(entry.pid);
  }
  return [...servers.values()];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Whether a line is one that this version writes. Any other line is ignored: processes are killed by what
 * lines say, and an unreadable line must not keep later runs from starting.
 */
export function isEntry(value: unknown): value is LedgerEntry {
  if (!isObject(value)) return false;
  switch (value['type']) {
    case 'session':
      return (
        value['version'] === 1 &&
        isIdentity(value['owner']) &&
        areTexts(value, 'session', 'bootId', 'directory')
      );
    case 'guardian':
      return isIdentity(value['guardian']);
    case 'worker':
      return isServer(value['worker']);
    case 'process':
      return (
        isServer(value['process']) &&
        areTexts(value, 'resourceId') &&
        ['id', 'executable'].every((name) => value[name] === undefined || areTexts(value, name)) &&
        typeof value['graceMs'] === 'number' &&
        [undefined, 'SIGTERM', 'SIGINT', 'SIGQUIT'].includes(value['stopSignal'] as StopSignal)
      );
    case 'descendants':
      return (
        isServerPid(value['of']) && Array.isArray(value['processes']) && value['processes'].every(isServer)
      );
    case 'stopped':
      return isServerPid(value['pid']);
    default:
      return false;
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return isObject(value) && Number.isInteger(value['pid']) && areTexts(value, 'startTime');
}

function isServer(value: unknown): value is ProcessIdentity {
  return isIdentity(value) && isServerPid(value.pid);
}

// Jest itself may be process 1, in a container; what it starts never is.
function isServerPid(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 1;
}

function areTexts(value: Fields, ...names: string[]): boolean {
  return names.every((name) => typeof value[name] === 'string' && value[name] !== '');
}
