import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogRecord } from '../../../src/evals/log/log-record';
import { LogWriter } from '../../../src/evals/log/log-writer';
import { readLog } from '../../../src/evals/log/read-log';
import { header, sample } from './records';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'written '))));
afterEach(() => rmSync(folder, { recursive: true }));
const path = (): string => join(folder, 'log.jsonl');

function write(length: number, ...records: LogRecord[]): void {
  const writer = new LogWriter(path(), length);
  for (const record of records) writer.append(record);
  writer.close();
}

test('a record is in the file when the call returns', () => {
  const writer = new LogWriter(path(), 0);
  writer.append(header());
  expect(readFileSync(path(), 'utf8')).toBe(`${JSON.stringify(header())}\n`);
  writer.close();
});

test('what is there stays, but for a torn line behind it', () => {
  write(0, header(), sample());
  const before = readFileSync(path());
  write(before.length - 10, sample({ id: 'b' }));
  const after = readFileSync(path());
  expect(after.subarray(0, before.length - 10).equals(before.subarray(0, before.length - 10))).toBe(true);
  expect(after.toString().endsWith(`${JSON.stringify(sample({ id: 'b' }))}\n`)).toBe(true);
});

test('a record that JSON cannot hold is refused, and nothing of it is written', () => {
  const writer = new LogWriter(path(), 0);
  writer.append(header());
  expect(() => writer.append(sample({ metadata: { big: 1n as never } }))).toThrow(TypeError);
  writer.append(sample());
  writer.close();
  expect(readLog(path()).torn).toBe(0);
});

describe('a log that somebody else changes while it is written is refused at its end, where it', () => {
  test.each<[string, () => void, string]>([
    ['was deleted', () => rmSync(path()), 'was deleted while'],
    ['was deleted with its folder', () => rmSync(folder, { recursive: true }), 'was deleted while'],
    [
      'was replaced',
      () => {
        copyFileSync(path(), `${path()}.new`);
        renameSync(`${path()}.new`, path());
      },
      'was replaced by another file while',
    ],
    ['was emptied', () => truncateSync(path()), 'to 0 bytes, while'],
    ['was shortened', () => truncateSync(path(), 20), 'to 20 bytes, while'],
    ['was written', () => appendFileSync(path(), '{}\n'), 'was written by another program while'],
  ])('%s', (_how, change, message) => {
    const writer = new LogWriter(path(), 0);
    writer.append(header());
    writer.append(sample({ response: 'ü' }));
    writer.requireWhole();
    change();
    expect(() => writer.requireWhole()).toThrow(
      expect.objectContaining({
        code: 'LOG_INVALID',
        message: expect.stringContaining(message) as string,
      }),
    );
    writer.close();
    mkdirSync(folder, { recursive: true });
  });

  test('was continued and then shortened', () => {
    write(0, header(), sample());
    const writer = new LogWriter(path(), readFileSync(path()).length);
    writer.append(sample({ id: 'b' }));
    writer.requireWhole();
    truncateSync(path(), 20);
    writer.append(sample({ id: 'c' }));
    expect(() => writer.requireWhole()).toThrow('was shortened');
    writer.close();
  });
});

test('a file that cannot be opened is named', () => {
  expect(() => new LogWriter(folder, 0)).toThrow(
    expect.objectContaining({
      code: 'LOG_INVALID',
      message: expect.stringContaining(`The log ${folder} cannot be written: EISDIR`) as string,
    }),
  );
});

// In a process of its own, since the limit on the size of a file is one of the process.
(process.platform === 'linux' ? test : test.skip)(
  'after a line of which only a part was written no other is, so that the log can be continued',
  () => {
    const script = `
      const { execFileSync } = require('node:child_process');
      const { LogWriter } = require(${JSON.stringify(join(__dirname, '../../../dist/src/evals/log/log-writer.js'))});
      const limit = (bytes) => execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=' + bytes + ':unlimited']);
      process.on('SIGXFSZ', () => undefined);
      const writer = new LogWriter(${JSON.stringify(path())}, 0);
      writer.append(${JSON.stringify(header())});
      const said = [];
      const attempt = () => { try { writer.append(${JSON.stringify(sample({ response: 'x'.repeat(5000) }))}); } catch (error) { said.push(error.message); } };
      limit(3000);
      attempt();
      limit('unlimited');
      attempt();
      writer.close();
      console.log(JSON.stringify(said));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const said = JSON.parse(stdout) as string[];
    expect(said).toHaveLength(2);
    for (const message of said) expect(message).toContain('cannot be written: EFBIG');
    const { length, torn } = readLog(path());
    expect([length + torn, torn > 1000]).toEqual([3000, true]);
  },
);
