import Table from 'cli-table3';
import { printable } from '../../base/printable';
import type { SessionEvent } from '../../session/events/events';

/** How it stands with the resources of a row, by what happened last. */
type Outcome =
  | { readonly state: 'unknown' | 'starting' | 'kept' | 'borrowed' | 'stopped' }
  | { readonly state: 'died'; readonly reason: string }
  | { readonly state: 'failed'; readonly phase: 'start' | 'stop'; readonly code: string };

interface Row {
  spec: string;
  loads: number;
  readyMs: number[];
  sleeps: number;
  wakes: number;
  leases: number;
  busyMs: number;
  outcome: Outcome;
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
 * A short table of what became of every resource: loads, time to ready, leases, busy time, end, and sleeps
 * and wakes where there were any; below it what was noted of them. Empty if there were none.
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
    { title: 'how it ended', align: 'left', cell: ({ outcome }) => printable(describe(outcome)) },
  ];
  const table = new Table({
    head: columns.map(({ title }) => title),
    style: { head: [], border: [] },
    colAligns: columns.map(({ align = 'right' }) => align),
  });
  for (const row of rows) table.push(columns.map(({ cell }) => cell(row)));
  return [table.toString(), sessionRemarks(events)].filter((part) => part !== '').join('\n');
}

/** What was noted of resources, a line each remark, and each once. Empty if there was nothing. */
export function sessionRemarks(events: readonly SessionEvent[]): string {
  const lines = events.flatMap((event) =>
    event.type === 'noted' ? [printable(`${event.spec}: ${event.message}.`)] : [],
  );
  return [...new Set(lines)].join('\n');
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
      outcome: { state: 'unknown' },
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
        rowOf(event.resourceId).outcome = { state: 'starting' };
        break;
      case 'ready':
        rowOf(event.resourceId).readyMs.push(event.startMs);
        rowOf(event.resourceId).outcome = { state: 'kept' };
        break;
      case 'borrowed':
        rowOf(event.resourceId).outcome = { state: 'borrowed' };
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
        rowOf(event.resourceId).outcome = { state: 'died', reason: event.reason };
        break;
      case 'stopped':
        if (event.ended === 'planned' && !isBad(rowOf(event.resourceId).outcome))
          rowOf(event.resourceId).outcome = { state: 'stopped' };
        break;
      case 'failed':
        rowOf(event.resourceId).outcome = { state: 'failed', phase: event.phase, code: event.code };
        break;
    }
  }
  for (const resourceId of leased.keys()) release(resourceId, end, true);
  return [...rows.values()];
}

/** Whether it is more worth telling than that another resource of the row was stopped. */
function isBad({ state }: Outcome): boolean {
  return state === 'died' || state === 'failed';
}

function describe(outcome: Outcome): string {
  switch (outcome.state) {
    case 'unknown':
      return '';
    case 'starting':
      return 'starting';
    case 'kept':
      return 'kept until the session ends';
    case 'borrowed':
      return 'was warm, and stays so';
    case 'stopped':
      return 'stopped';
    case 'died':
      return `died: ${outcome.reason}`;
    case 'failed':
      return `failed to ${outcome.phase}: ${outcome.code}`;
  }
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function formatMs(ms: number | undefined): string {
  if (ms === undefined) return '-';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
