import { runCommand } from '../../../src/process/os/run-command';

const timeoutMs = 30_000;
const run = (script: string, limits = { timeoutMs }) => runCommand('/bin/sh', ['-c', script], limits);

test('what a command prints is returned', async () => {
  expect(await run('echo out; echo err >&2')).toMatchObject({ stdout: 'out', stderr: 'err' });
});

test('it runs in the directory that is asked for, and has no standard input to wait for', async () => {
  expect((await runCommand('/bin/sh', ['-c', 'cat; pwd'], { timeoutMs, directory: '/' })).stdout).toBe('/');
});

test('another exit code than 0 is an error with the command, the code and what was printed', async () => {
  await expect(run('echo no such thing >&2; exit 3')).rejects.toThrow(
    /^Command failed with exit code 3: \/bin\/sh -c [^]*no such thing/,
  );
});

test('a command that is not there is an error with its name', async () => {
  await expect(runCommand('/no/such/program', [], { timeoutMs })).rejects.toThrow(
    /\/no\/such\/program[^]*ENOENT/,
  );
});

test('a command is killed when its time is up', async () => {
  await expect(run('exec sleep 600', { timeoutMs: 50 })).rejects.toThrow(
    /^Command timed out after 50 milliseconds: \/bin\/sh/,
  );
});
