import { sessionTable } from '../../../src/report/terminal/session-table';
import type { ResourceEnd, SessionEvent, SessionEventBody } from '../../../src/session/events/events';

/** Events a second apart, unless they say when. */
const at = (...bodies: (SessionEventBody & { atMs?: number })[]): SessionEvent[] =>
  bodies.map((body, index) => ({ atMs: index * 1000, ...body }));

const [spec, resourceId] = ['embedded:expert', 'embedded:expert#1'];
const started: SessionEventBody[] = [
  { type: 'requested', spec, requester: 'a.eval.ts' },
  { type: 'starting', spec, resourceId, devices: [] },
  { type: 'ready', spec, resourceId, startMs: 640 },
];
const leased = (leaseId: string): SessionEventBody => ({
  type: 'leased',
  resourceId,
  leaseId,
  holder: { label: 'a.eval.ts' },
  waitedMs: 0,
});
const released = (leaseId: string): SessionEventBody => ({ type: 'released', resourceId, leaseId });
const stopped = (ended: ResourceEnd = 'planned'): SessionEventBody[] => [
  { type: 'stopping', resourceId, reason: 'the session ends' },
  { type: 'stopped', resourceId, stopMs: 20, ended },
];

test('nothing is printed about a session that started nothing', () => {
  expect(sessionTable([])).toBe('');
  expect(
    sessionTable(
      at(
        { type: 'requested', spec, requester: 'x' },
        { type: 'refused', spec, requester: 'x', code: 'DEADLOCK' },
      ),
    ),
  ).toBe('');
});

test('a resource has a line with loads, time to ready, leases, busy time and end', () => {
  expect(sessionTable(at(...started, leased('1'), released('1'), ...stopped()))).toMatchInlineSnapshot(`
    "┌─────────────────┬───────┬───────────────┬────────┬───────┬──────────────┐
    │ resource        │ loads │ time to ready │ leases │  busy │ how it ended │
    ├─────────────────┼───────┼───────────────┼────────┼───────┼──────────────┤
    │ embedded:expert │     1 │        640 ms │      1 │ 1.0 s │ stopped      │
    └─────────────────┴───────┴───────────────┴────────┴───────┴──────────────┘"
  `);
});

test('several resources of one spec share a line: loads add up, times to ready are averaged', () => {
  const second = 'embedded:expert#2';
  const events = at(
    ...started,
    leased('1'),
    released('1'),
    ...stopped(),
    { type: 'starting', spec, resourceId: second, devices: [] },
    { type: 'ready', spec, resourceId: second, startMs: 1800 },
    { type: 'leased', resourceId: second, leaseId: '2', holder: { label: 'b.eval.ts' }, waitedMs: 5 },
    { type: 'released', resourceId: second, leaseId: '2' },
    { type: 'stopping', resourceId: second, reason: 'x' },
    { type: 'stopped', resourceId: second, stopMs: 5, ended: 'planned' },
  );
  expect(sessionTable(events)).toMatchInlineSnapshot(`
    "┌─────────────────┬───────┬───────────────┬────────┬───────┬──────────────┐
    │ resource        │ loads │ time to ready │ leases │  busy │ how it ended │
    ├─────────────────┼───────┼───────────────┼────────┼───────┼──────────────┤
    │ embedded:expert │     2 │         1.2 s │      2 │ 2.0 s │ stopped      │
    └─────────────────┴───────┴───────────────┴────────┴───────┴──────────────┘"
  `);
});

test('busy is the time with at least one lease, however many there are; a lease that is still held counts to the end', () => {
  const events = at(
    ...started,
    { ...leased('1'), atMs: 10_000 },
    { ...leased('2'), atMs: 11_000 },
    { ...released('1'), atMs: 12_000 },
    { ...released('2'), atMs: 13_000 },
    { ...leased('3'), atMs: 20_000 },
    { type: 'requested', spec: 'llama:x', requester: 'x', atMs: 24_000 },
  );
  expect(sessionTable(events)).toMatch(/│ +3 │ +7\.0 s │ kept until the session ends │/);
});

test('a resource that died says how, also when its remains were stopped', () => {
  const lost: SessionEventBody = {
    type: 'lost',
    resourceId,
    reason: 'its server (pid 7) exited with code 3',
    code: 3,
    signal: null,
  };
  expect(sessionTable(at(...started, leased('1'), lost, ...stopped('died')))).toMatchInlineSnapshot(`
    "┌─────────────────┬───────┬───────────────┬────────┬───────┬─────────────────────────────────────────────┐
    │ resource        │ loads │ time to ready │ leases │  busy │ how it ended                                │
    ├─────────────────┼───────┼───────────────┼────────┼───────┼─────────────────────────────────────────────┤
    │ embedded:expert │     1 │        640 ms │      1 │ 1.0 s │ died: its server (pid 7) exited with code 3 │
    └─────────────────┴───────┴───────────────┴────────┴───────┴─────────────────────────────────────────────┘"
  `);
});

test('the remains of a resource that died, when they are stopped, end no other one of its spec', () => {
  const lost: SessionEventBody = { type: 'lost', resourceId, reason: 'x', code: 1, signal: null };
  const second = 'embedded:expert#2';
  const events = at(
    ...started,
    lost,
    { type: 'starting', spec, resourceId: second, devices: [] },
    { type: 'ready', spec, resourceId: second, startMs: 1800 },
    ...stopped('died'),
  );
  expect(sessionTable(events)).toContain('kept until the session ends');
});

test('a start or a stop that failed says so by its code', () => {
  const failed = (phase: 'start' | 'stop', code: string): SessionEventBody => ({
    type: 'failed',
    resourceId,
    phase,
    code,
    message: 'x',
  });
  expect(
    sessionTable(at(started[1]!, failed('start', 'SETUP_TIMEOUT'), ...stopped('startFailed'))),
  ).toContain('failed to start: SETUP_TIMEOUT');
  expect(sessionTable(at(...started, failed('stop', 'TEARDOWN_FAILED')))).toContain(
    'failed to stop: TEARDOWN_FAILED',
  );
  expect(sessionTable(at(started[1]!))).toMatch(/ - │ .*│ starting /);
});

test('what specs and servers say cannot steer the terminal', () => {
  const evil = 'llama:\u001b[2J\u202ename\nnext';
  const table = sessionTable(
    at(
      { type: 'starting', spec: evil, resourceId: 'e#1', devices: [] },
      { type: 'ready', spec: evil, resourceId: 'e#1', startMs: 5 },
      { type: 'lost', resourceId: 'e#1', reason: 'said \u001b]0;owned\u0007', code: null, signal: null },
    ),
  );
  expect(table.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\u202e/u);
  expect(table).toContain(String.raw`llama:\u001b[2J\u202ename\nnext`);
  expect(table).toContain(String.raw`died: said \u001b]0;owned\u0007`);
});

test('what was noted of resources stands under the table, each remark once', () => {
  const noted = (id: string, message: string): SessionEventBody => ({
    type: 'noted',
    spec,
    resourceId: id,
    message,
  });
  const events = at(
    ...started,
    noted(resourceId, 'it is slow'),
    noted('embedded:expert#2', 'it is slow'),
    ...stopped(),
  );
  expect(sessionTable(events).split('\n').slice(-2)).toEqual([
    expect.stringMatching(/^└/),
    'embedded:expert: it is slow.',
  ]);
});

test('a resource that was warm has no load, and says that it stays warm', () => {
  const table = sessionTable(
    at(
      { type: 'requested', spec, requester: 'a.eval.ts' },
      { type: 'borrowed', spec, resourceId, from: 4711, waitedMs: 3 },
      leased('1'),
      released('1'),
      { type: 'returned', resourceId },
    ),
  );
  expect(table).toMatch(/│ embedded:expert │ +0 │ +- │ +1 │ +1\.0 s │ was warm, and stays so │/);
});
