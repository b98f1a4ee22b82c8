import Table from 'cli-table3';
import type { SessionEvent } from '../session/events';
import { printable } from '../pattern/printable';

interface Row {
  spec: string;
  loads: number;
  readyMs: number[];
  leases: number;
  busyMs: number;
  ended: string;
}

const columns = ['resource', 'loads', 'time to ready', 'leases', 'busy', 'how it ended'];

/** A short table of what became of every resource: loads, time to ready, leases, busy time, end; below it what was noted of them. Empty if there were none. */
export function sessionTable(events: readonly SessionEvent[]): string {
  const rows = summarize(events);
  if (rows.length === 0) return '';
  const table = new Table({
    head: columns,
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'left'],
  });
  for (const row of rows) {
    table.push([
      printable(row.spec),
      row.loads,
      formatMs(mean(row.readyMs)),
      row.leases,
      formatMs(row.busyMs),
      printable(row.ended),
    ]);
  }
  return [table.toString(), ...remarks(events)].join('\n');
}

/** What was noted of resources, each remark once. */
function remarks(events: readonly SessionEvent[]): string[] {
  const lines = events.flatMap((event) =>
    event.type === 'noted' ? [printable(`${event.spec}: ${event.message}.`)] : [],
  );
  return [...new Set(lines)];
}

function summarize(events: readonly SessionEvent[]): Row[] {
  const rows = new Map<string, Row>();
  const specOf = new Map<string, string>();
  const leased = new Map<string, number>();
  const busySince = new Map<string, number>();
  const end = events.at(-1)?.atMs ?? 0;
  const rowOf = (resourceId: string): Row => {
    const spec = specOf.get(resourceId) ?? resourceId;
    const row = rows.get(spec) ?? { spec, loads: 0, readyMs: [], leases: 0, busyMs: 0, ended: '' };
    rows.set(spec, row);
    return row;
  };
  // Time during which at least one lease was held, however many there were.
  const release = (resourceId: string, atMs: number, all = false): void => {
    const count = leased.get(resourceId) ?? 0;
    if (count === 0) return;
    leased.set(resourceId, all ? 0 : count - 1);
    if (all || count === 1) rowOf(resourceId).busyMs += atMs - (busySince.get(resourceId) ?? atMs);
  };
  for (const event of events) {
    if ('spec' in event && 'resourceId' in event) specOf.set(event.resourceId, event.spec);
    switch (event.type) {
      case 'starting':
        rowOf(event.resourceId).loads += 1;
        rowOf(event.resourceId).ended = 'starting';
        break;
      case 'ready':
        rowOf(event.resourceId).readyMs.push(event.startMs);
        rowOf(event.resourceId).ended = 'kept until the session ends';
        break;
      case 'borrowed':
        rowOf(event.resourceId).ended = 'was warm, and stays so';
        break;
      case 'leased':
        rowOf(event.resourceId).leases += 1;
        if ((leased.get(event.resourceId) ?? 0) === 0) busySince.set(event.resourceId, event.atMs);
        leased.set(event.resourceId, (leased.get(event.resourceId) ?? 0) + 1);
        break;
      case 'released':
        release(event.resourceId, event.atMs);
        break;
      case 'lost':
        release(event.resourceId, event.atMs, true);
        rowOf(event.resourceId).ended = `died: ${event.reason}`;
        break;
      case 'stopped':
        if (
          !rowOf(event.resourceId).ended.startsWith('died') &&
          !rowOf(event.resourceId).ended.startsWith('failed')
        ) {
          rowOf(event.resourceId).ended = 'stopped';
        }
        break;
      case 'failed':
        rowOf(event.resourceId).ended = `failed to ${event.phase}: ${event.code}`;
        break;
    }
  }
  for (const resourceId of leased.keys()) release(resourceId, end, true);
  return [...rows.values()];
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function formatMs(ms: number | undefined): string {
  if (ms === undefined) return '-';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
