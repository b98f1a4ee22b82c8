import Table from 'cli-table3';
import type { SessionEvent } from '../session/events';
import { printable } from '../pattern/printable';

interface Row {
  spec: string;
  loads: number;
  readyMs: number[];
  sleeps: number;
  wakes: number;
  leases: number;
  busyMs: number;
  ended: string;
}

interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly cell: (row: Row) => string | number;
}

const sleepColumns: readonly Column[] = [
  { title: 'sleeps', cell: ({ sleeps }) => sleeps },
  { title: 'wakes', cell: ({ wakes }) => wakes },
];

/**
 * A short table of what became of every resource: loads, time to ready, leases, busy time, end, and sleeps and wakes where there were any; below
 * it what was noted of them. Empty if there were none.
 */
export function sessionTable(events: readonly SessionEvent[]): string {
  const rows = summarize(events);
  if (rows.length === 0) return '';
  const columns: Column[] = [
    { title: 'resource', align: 'left', cell: ({ spec }) => printable(spec) },
    { title: 'loads', cell: ({ loads }) => loads },
    { title: 'time to ready', cell: ({ readyMs }) => formatMs(mean(readyMs)) },
    ...(rows.some(({ sleeps }) => sleeps > 0) ? sleepColumns : []),
    { title: 'leases', cell: ({ leases }) => leases },
    { title: 'busy', cell: ({ busyMs }) => formatMs(busyMs) },
    { title: 'how it ended', align: 'left', cell: ({ ended }) => printable(ended) },
  ];
  const table = new Table({
    head: columns.map(({ title }) => title),
    style: { head: [], border: [] },
    colAligns: columns.map(({ align = 'right' }) => align),
  });
  for (const row of rows) table.push(columns.map(({ cell }) => cell(row)));
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
    const row = rows.get(spec) ?? {
      spec,
      loads: 0,
      readyMs: [],
      sleeps: 0,
      wakes: 0,
      leases: 0,
      busyMs: 0,
      ended: '',
    };
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
      case 'slept':
        rowOf(event.resourceId).sleeps += 1;
        break;
      case 'woke':
        rowOf(event.resourceId).wakes += 1;
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
