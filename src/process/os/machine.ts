import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { bootId } from './process-identity';

/** Where process numbers mean something. Homes are shared by hosts and containers, which have their own. */
export interface Machine {
  readonly bootId: string;
  /** The inode of the namespace of process numbers; empty where there is none. */
  readonly pidNamespace: string;
  /** A hash: names of hosts are nobody's business. */
  readonly host: string;
}

/** This boot of this machine, in this container. */
export function thisMachine(): Machine {
  const host = createHash('sha256').update(`${hostname()}\n${machineId()}`).digest('hex').slice(0, 16);
  return { bootId: bootId(), pidNamespace: pidNamespace(), host };
}

/**
 * Whether a record of process numbers is of this machine: `here`, so that they can be looked up; `past`, of an
 * earlier boot, so that nothing of it is alive; or `elsewhere`, so that nothing can be said.
 */
export function whereIs(
  recorded: { readonly [Name in keyof Machine]?: string | undefined },
  mine = thisMachine(),
): 'here' | 'past' | 'elsewhere' {
  if (recorded.pidNamespace !== mine.pidNamespace || recorded.host !== mine.host) return 'elsewhere';
  return recorded.bootId === mine.bootId ? 'here' : 'past';
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return '';
  }
}
