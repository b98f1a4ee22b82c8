import fs from 'node:fs';
import net from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { endServersAfterTests, startReadyServer, startServer } from './server-process';
import { endlessModel, expert, temporaryFiles } from '../tiny-model';

endServersAfterTests();
const files = temporaryFiles();

describe('the server process', () => {
  it('prints where it listens, what it loads and when it is ready', async () => {
    const server = await startReadyServer(['--model', expert]);
    expect(server.stderr()).toMatch(
      /^listening on http:\/\/127\.0\.0\.1:\d+\nloading .*expert\.gguf\nready in \d+ ms\n$/,
    );
    expect(server.stdout()).toBe('');
    const models = (await (await fetch(`${server.url}/v1/models`)).json()) as { data: { id: string }[] };
    expect(models.data.map(({ id }) => id)).toEqual(['expert']);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('exits with 0 on %s, ending open requests', async (signal) => {
    const file = files.write('endless.gguf', endlessModel(1_000_000));
    const server = await startReadyServer(['--model', file, '--parallel', '1']);
    const body = { model: 'endless', prompt: 'a' };
    const post = (fields: object): Promise<Response> =>
      fetch(`${server.url}/v1/completions`, { method: 'POST', body: JSON.stringify({ ...body, ...fields }) });
    const streaming = await post({ stream: true });
    const reader = streaming.body!.getReader();
    await reader.read();
    const queued = post({}).then((response) => response.json());
    // The queued request has arrived when one that came after it on another connection is answered.
    await fetch(`${server.url}/health`);
    const rest = (async () => {
      let text = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return text;
        text += Buffer.from(value).toString();
      }
    })();
    server.child.kill(signal);
    // The answer under way has no end of its own.
    expect(await server.ended).toEqual([0, null]);
    expect(await rest).toMatch(/data: {"error":{"message":"the server is stopping".*}}\n\n$/);
    expect(await queued).toMatchObject({ error: { code: 'stopping' } });
  });

  it('serves when nobody reads its log', async () => {
    const probe = net.createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    const server = startServer(['--model', expert, '--port', String(port)]);
    server.child.stderr!.destroy();
    const healthy = async (): Promise<boolean> => {
      if (server.child.exitCode !== null) throw new Error(`the server exited with ${server.child.exitCode}`);
      return fetch(`http://127.0.0.1:${port}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    };
    while (!(await healthy()));
    server.child.kill('SIGTERM');
    expect(await once(server.child, 'exit')).toEqual([0, null]);
  });
});

describe('the server process ends with', () => {
  it('1 and llama-server’s words when its port is taken', async () => {
    const stranger = net.createServer().listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    const server = startServer(['--model', expert, '--port', String(port)]);
    expect(await server.ended).toEqual([1, null]);
    stranger.close();
    const [line] = server.stderr().split('\n');
    expect(line).toBe(`couldn't bind HTTP server socket, hostname: 127.0.0.1, port: ${port}`);
  });

  it('1 and the problem when its model is broken, after it has bound the port', async () => {
    const file = files.write('cut.gguf', fs.readFileSync(expert).subarray(0, 100_000));
    const server = startServer(['--model', file, '--port', '0']);
    expect(await server.ended).toEqual([1, null]);
    expect(server.stderr()).toMatch(/^listening on .*\nloading .*\nThe GGUF file .*cut\.gguf is truncated/);
    const missing = startServer(['--model', `${files.directory}/none.gguf`, '--port', '0']);
    expect(await missing.ended).toEqual([1, null]);
    expect(missing.stderr()).toContain('none.gguf does not exist');
  });

  it.each([
    [[], '--model is missing'],
    [['--model', ''], '--model is missing'],
    [['--nope'], '--nope'],
    [['--model', 'm', 'stray'], 'stray'],
    [['--model', 'm', '--port', '65536'], '--port has to be an integer from 0 to 65535'],
    [['--model', 'm', '--port', '1e3'], '--port has to be an integer'],
    [['--model', 'm', '--parallel', '0'], '--parallel has to be an integer from 1 to 64'],
    [['--model', 'm', '--alias', 'a,,b'], '--alias holds an empty name'],
    [['--model', 'm', '--host', ''], '--host is empty'],
  ])('2 and the usage for the flags %p', async (args, problem) => {
    const server = startServer(args);
    expect(await server.ended).toEqual([2, null]);
    expect(server.stderr().split('\n')[0]).toContain(problem);
    expect(server.stderr()).toContain('usage: main.js --model FILE');
  });

  it('2 when the API key is set but empty', async () => {
    const server = startServer(['--model', expert], { EMBEDDED_API_KEY: '' });
    expect(await server.ended).toEqual([2, null]);
    expect(server.stderr()).toContain('EMBEDDED_API_KEY is empty');
  });

  it('0 and the usage on stdout for --help', async () => {
    const server = startServer(['--help']);
    expect(await server.ended).toEqual([0, null]);
    expect(server.stdout()).toContain('usage: main.js --model FILE');
  });
});
