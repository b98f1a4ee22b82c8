import fs, {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { cutLog, writtenBytes } from '../../../src/process/guardian/log-cap';
import { logSize, readLogTail } from '../../../src/process/guardian/log-tail';
import { eventually } from '../../support/eventually';
import { endScriptsAfterEach, startScript } from '../node-script';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();
endScriptsAfterEach();
const log = (): string => join(places.directory, 'server.log');

test('the first and the last part of a log stay, with a line on how much is missing, and the server goes on at its end', () => {
  writeFileSync(log(), `${'a'.repeat(10)}${'b'.repeat(200)}${'c'.repeat(10)}`);
  const server = openSync(log(), 'a+');
  cutLog(log(), 10);
  writeSync(server, 'goes on');
  const note = (bytes: number): string =>
    `\n[jest-model-provider: at least ${bytes} bytes of this log were left out here]\n`;
  expect(readFileSync(log(), 'utf8')).toBe(`aaaaaaaaaa${note(200)}ccccccccccgoes on`);
  expect(writtenBytes(server, 10)).toBe(227);
  writeSync(server, 'd'.repeat(100));
  cutLog(log(), 10);
  expect(readFileSync(log(), 'utf8')).toBe(`aaaaaaaaaa${note(307)}dddddddddd`);
  expect(writtenBytes(server, 10)).toBe(327);
  closeSync(server);
});

test('a server that writes faster than its log is read does not hold the guardian', () => {
  writeFileSync(log(), 'a'.repeat(200));
  const { readSync } = fs;
  let reads = 0;
  const reading = jest.spyOn(fs, 'readSync').mockImplementation(((...args: Parameters<typeof readSync>) => {
    reads += 1;
    if (reads > 10) throw new Error('It reads for ever.');
    const read = readSync(...args);
    appendFileSync(log(), 'b'.repeat(2 * read));
    return read;
  }) as typeof readSync);
  try {
    cutLog(log(), 10);
  } finally {
    reading.mockRestore();
  }
  const [first, note = '', last = ''] = readFileSync(log(), 'utf8').split('\n');
  expect(first).toBe('aaaaaaaaaa');
  expect(note).toMatch(/at least [1-9]\d+ bytes/);
  expect(last.length).toBeLessThanOrEqual(20);
});

test('what the server writes during a cut comes last', () => {
  writeFileSync(log(), `${'a'.repeat(10)}${'b'.repeat(200)}${'c'.repeat(10)}`);
  const { ftruncateSync } = fs;
  const cutting = jest.spyOn(fs, 'ftruncateSync').mockImplementation((file, length) => {
    ftruncateSync(file, length);
    appendFileSync(log(), 'LAST');
  });
  try {
    cutLog(log(), 10);
  } finally {
    cutting.mockRestore();
  }
  expect(readFileSync(log(), 'utf8')).toMatch(/^a{10}\n\[.*at least 200 bytes.*\]\nc{10}LAST$/);
});

test('a server that prints 300 MB is not blocked, keeps a small log, and its last line is in it', async () => {
  const script = startScript(
    `const { SessionFiles } = require('#session/broker/session-files');
    const { startGuardian } = require('#process/guardian/guardian-client');
    (async () => {
      const { files } = await SessionFiles.create();
      const guardian = await startGuardian(files.guardianOptions, () => undefined);
      process.once('SIGUSR2', () => guardian.close());
      const args = ['-c', 'echo FIRST; head -c 300000000 /dev/zero; echo; echo LAST'];
      const request = { id: 'server-1', resourceId: 'fake:a#1', command: '/bin/sh', args, cwd: '/', graceMs: 0 };
      const env = { PATH: process.env.PATH };
      await guardian.launch({ ...request, env, logFile: ${JSON.stringify(log())} }, () => console.log('exited'));
    })();
    const hold = setInterval(() => undefined, 1000);
    process.once('SIGUSR2', () => clearInterval(hold));`,
    places.env,
  );
  await script.printed(/exited/);
  await eventually(() => statSync(log()).size < 64 * 1024 ** 2 && readLogTail(log(), 1)[0] === 'LAST');
  const text = readFileSync(log(), 'latin1');
  expect([text.slice(0, 6), text.slice(-6)]).toEqual(['FIRST\n', '\nLAST\n']);
  expect(text).toMatch(/at least \d+ bytes of this log were left out here/);
  expect(logSize(log())).toBeGreaterThan(64 * 1024 ** 2);
  script.child.kill('SIGUSR2');
  await script.ended;
});
