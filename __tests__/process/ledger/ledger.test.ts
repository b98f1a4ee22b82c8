import { appendFileSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findLedgers, Ledger, ledgerDirectory } from '../../../src/process/ledger/ledger';
import type { LedgerEntry } from '../../../src/process/ledger/ledger-entry';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();
const onLinux = process.platform === 'linux' ? it : it.skip;
const ledgerAt = (name: string): Ledger => new Ledger(join(places.state, name));

const session: LedgerEntry = {
  type: 'session',
  version: 1,
  session: 'abc',
  bootId: 'boot',
  owner: { pid: 42, startTime: '7' },
  directory: '/nowhere/jmp-abc',
};
const server: LedgerEntry = {
  type: 'process',
  resourceId: 'fake:a#1',
  process: { pid: 43, startTime: '8' },
  graceMs: 5,
};

describe('a ledger', () => {
  it('gives back what was appended, in order', () => {
    const ledger = ledgerAt('a.jsonl');
    const entries: LedgerEntry[] = [
      session,
      { type: 'guardian', guardian: { pid: 44, startTime: '9' } },
      server,
      { type: 'stopped', pid: 43 },
    ];
    for (const entry of entries) ledger.append(entry);
    expect(ledger.read()).toEqual(entries);
  });

  onLinux('on a full disk names its path, the reason, the variable and the fix', () => {
    symlinkSync('/dev/full', join(places.state, 'full.jsonl'));
    let refusal: unknown;
    try {
      ledgerAt('full.jsonl').append(session);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({
      code: 'CONFIG_INVALID',
      message: `The ledger ${places.state}/full.jsonl cannot be written: no space is left on the disk (ENOSPC). XDG_STATE_HOME is ${JSON.stringify(places.state)}: free some, or set it to a directory that you can write to.`,
    });
  });

  it('is made by the line of its session alone: what is swept does not come back', () => {
    const ledger = ledgerAt('a.jsonl');
    expect(() => ledger.append(server)).toThrow('ENOENT');
    ledger.append(session);
    ledger.append(server);
    expect(ledger.read()).toEqual([session, server]);
  });

  it('can be read by its owner only', () => {
    const ledger = ledgerAt('a.jsonl');
    ledger.append(session);
    expect(statSync(ledger.path).mode & 0o777).toBe(0o600);
  });

  it.each(['{"type":"process","resourceId":"x","proc', '{', '"', '{"type":"stopped","pid":43}x'])(
    'leaves out a last line torn by a crash: %s',
    (torn) => {
      const ledger = ledgerAt('a.jsonl');
      ledger.append(session);
      appendFileSync(ledger.path, torn);
      expect(ledger.read()).toEqual([session]);
    },
  );

  it('does not lose a line that follows a torn one', () => {
    const ledger = ledgerAt('a.jsonl');
    ledger.append(session);
    appendFileSync(ledger.path, '{"type":"process","resou');
    ledger.append(server);
    expect(ledger.read()).toEqual([session, server]);
  });

  it.each([
    'null',
    '5',
    '[]',
    '"session"',
    '{}',
    '{"type":"other"}',
    '{"type":"process"}',
    '{"type":"process","resourceId":"x","process":null,"graceMs":1}',
    '{"type":"process","resourceId":"x","process":{"pid":"43","startTime":"8"},"graceMs":1}',
    '{"type":"process","resourceId":"x","process":{"pid":1,"startTime":"8"},"graceMs":1}',
    '{"type":"process","resourceId":"x","process":{"pid":-43,"startTime":"8"},"graceMs":1}',
    '{"type":"process","resourceId":"x","process":{"pid":43.5,"startTime":"8"},"graceMs":1}',
    '{"type":"process","resourceId":"x","process":{"pid":43,"startTime":""},"graceMs":1}',
    '{"type":"process","resourceId":"x","process":{"pid":43,"startTime":"8"},"graceMs":"long"}',
    '{"type":"process","resourceId":7,"process":{"pid":43,"startTime":"8"},"graceMs":1}',
    '{"type":"session","version":2,"session":"abc","bootId":"b","owner":{"pid":42,"startTime":"7"},"directory":"/x"}',
    '{"type":"session","version":1,"session":"abc","bootId":"b","owner":{},"directory":"/x"}',
    '{"type":"session","version":1,"session":"abc","bootId":"b","owner":{"pid":42,"startTime":"7"}}',
    '{"type":"guardian"}',
    '{"type":"stopped"}',
  ])('leaves out a line that no version of this package wrote: %s', (line) => {
    const ledger = ledgerAt('a.jsonl');
    writeFileSync(ledger.path, `${line}\n`);
    ledger.append(server);
    expect(ledger.read()).toEqual([server]);
  });

  it('is gone when removed, and removing it again is no error', () => {
    const ledger = ledgerAt('a.jsonl');
    ledger.append(session);
    ledger.remove();
    ledger.remove();
    expect(() => readFileSync(ledger.path)).toThrow('ENOENT');
  });

  it('is found by its ending among other files', () => {
    const directory = ledgerDirectory(places.state);
    writeFileSync(join(directory, 'a.jsonl'), '');
    writeFileSync(join(directory, 'b.txt'), '');
    expect(findLedgers(directory).map(({ path }) => path)).toEqual([join(directory, 'a.jsonl')]);
  });
});
