/** @jest-environment jest-model-provider/environment */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type {
  AnswerStream,
  Generation,
  LlamaServerProvider,
  ModelClient,
  ResourceHandle,
} from 'jest-model-provider';
import { groupMembers } from '../../src/process/os/process-group';
import { caught } from '../support/caught';
import { closeSessionsAfterEach, openPrivateSession } from '../fixtures/private-session';
import { describeWithLlamaServer, makeProvider, modelFile } from './llama-server';

closeSessionsAfterEach();

interface Started {
  readonly provider: LlamaServerProvider;
  readonly handle: ResourceHandle<ModelClient>;
  readonly client: ModelClient;
  readonly pid: number;
}

describeWithLlamaServer('LlamaServerProvider with the real llama-server', (command) => {
  async function start(file: string, options: Parameters<typeof makeProvider>[1] = {}): Promise<Started> {
    const provider = makeProvider(command, options);
    const session = await openPrivateSession({ llama: provider });
    const handle = await provider.setup(file);
    return { provider, handle, client: handle.client, pid: session.pids.at(-1)! };
  }

  test('answers, counts tokens and says which model has answered', async () => {
    const { client } = await start(modelFile('expert'));
    const answer = await client.generate('What is 12 + 7?', { temperature: 0, maxTokens: 8 });
    expect(answer).toMatchObject({
      text: '19',
      finishReason: 'stop',
      model: 'expert.gguf',
      usage: { promptTokens: 12, completionTokens: 3, totalTokens: 15 },
    });
    expect(answer.latencyMs).toBeGreaterThan(0);
  });

  test('streams the same text that it generates', async () => {
    const { client } = await start(modelFile('expert'));
    const prompt = 'Extract as JSON: Emma lives in Oslo.';
    const options = { temperature: 0, maxTokens: 32 };
    const pieces: string[] = [];
    for await (const piece of client.stream(prompt, options)) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe((await client.generate(prompt, options)).text);
  });

  test('gives log probabilities through the SDK', async () => {
    const { client } = await start(modelFile('expert'));
    const answer = await client.openai.chat.completions.create({
      model: client.model,
      messages: [{ role: 'user', content: 'What is 12 + 7?' }],
      temperature: 0,
      logprobs: true,
      top_logprobs: 2,
    });
    const [first] = answer.choices[0]!.logprobs!.content!;
    expect(first).toMatchObject({ token: '1', top_logprobs: [{ token: '1' }, { token: '2' }] });
  });

  test('repeats a sampled answer for the same seed, and samples others for other seeds', async () => {
    const { client } = await start(modelFile('novice'));
    const sample = async (seed: number): Promise<string> =>
      (
        await client.generate('What is 40 + 31?', {
          temperature: 3,
          seed,
          maxTokens: 12,
          extra: { cache_prompt: false },
        })
      ).text;
    const base = Math.floor(Math.random() * 1e6);
    const seeds = [0, 1, 2, 3, 4].map((offset) => base + offset);
    const first = await Promise.all(seeds.map(sample));
    const second: string[] = [];
    for (const seed of seeds) second.push(await sample(seed));
    expect({ seeds, texts: second }).toEqual({ seeds, texts: first });
    expect(new Set(first).size).toBeGreaterThan(1);
  });

  test('takes its key by environment and never shows it in its arguments', async () => {
    const { client, pid } = await start(modelFile('novice'));
    const { apiKey } = client.openai;
    expect(apiKey).toMatch(/^[0-9a-f]{64}$/);
    expect(fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(apiKey);
    expect(fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')).toContain(`LLAMA_API_KEY=${apiKey}`);
    const refused = await fetch(`${client.openai.baseURL}/chat/completions`, { method: 'POST', body: '{}' });
    expect(refused.status).toBe(401);
    expect((await fetch(`${client.openai.baseURL}/models`)).headers.get('content-type')).toContain('json');
  });

  test('listens on 127.0.0.1 only, and serves no web page', async () => {
    const { client, pid } = await start(modelFile('novice'));
    const { port, origin } = new URL(client.openai.baseURL);
    expect(listeners(pid, Number(port))).toEqual(['0100007F']);
    expect((await fetch(origin)).status).toBe(404);
  });

  test('gives every slot the whole context size', async () => {
    const { client } = await start(modelFile('novice'), { contextSize: 512, slots: 3 });
    const { apiKey, baseURL } = client.openai;
    const props = await fetch(new URL('/props', baseURL), { headers: { authorization: `Bearer ${apiKey}` } });
    expect(await props.json()).toMatchObject({ total_slots: 3, default_generation_settings: { n_ctx: 512 } });
    const error = await caught(client.generate('a b c d e f g h '.repeat(100)));
    expect(error.code).toBe('REQUEST_FAILED');
    expect(error.details).toMatchObject({ status: 400, type: 'exceed_context_size_error' });
  });

  test('answers as many requests at once as it has slots', async () => {
    const { client } = await start(modelFile('novice'), { slots: 2, extraArgs: ['--context-shift'] });
    const endless = (): AnswerStream<Generation> =>
      client.stream('What is 1 + 2?', { extra: { ignore_eos: true } });
    const streams = [endless(), endless()];
    // The first answer has no end, so the second one begins only if it does not wait for it.
    for (const stream of streams) expect((await stream.next()).value).toEqual(expect.any(String));
    for (const stream of streams) expect((await stream.next()).done).toBe(false);
    for (const stream of streams) await stream.return();
    expect((await client.generate('What is 1 + 2?', { maxTokens: 1 })).usage).toBeDefined();
  });

  test('lets requests beyond its slots wait', async () => {
    const { client } = await start(modelFile('expert'), { slots: 2 });
    const prompts = Array.from({ length: 12 }, (_, index) => `What is ${index} + ${index + 1}?`);
    const ask = async (prompt: string): Promise<string> =>
      (await client.generate(prompt, { temperature: 0 })).text;
    expect(await Promise.all(prompts.map(ask))).toEqual(prompts.map((_, index) => String(2 * index + 1)));
  });

  test('serves a model under the name of its file, whatever that name sorts before and holds', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'jmp-'));
    try {
      for (const name of ['zz.gguf', 'a,b "c" %s $é.gguf']) {
        const file = path.join(directory, name);
        fs.copyFileSync(modelFile('novice'), file);
        const { client } = await start(file);
        expect((await client.generate('What is 1 + 2?', { maxTokens: 1 })).model).toBe(
          name.replace(',', '_'),
        );
      }
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });

  test('is gone with its port when its session ends', async () => {
    const provider = makeProvider(command);
    const session = await openPrivateSession({ llama: provider });
    const { client } = await provider.setup(modelFile('novice'));
    const { baseURL } = client.openai;
    await session.close();
    expect(session.pids.flatMap(groupMembers)).toEqual([]);
    await expect(fetch(`${baseURL}/models`)).rejects.toThrow('fetch failed');
  });
});

/** The addresses, as the kernel writes them, on which anybody listens at `port`. */
function listeners(pid: number, port: number): string[] {
  const listening = '0A';
  return ['tcp', 'tcp6'].flatMap((table) =>
    fs
      .readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === listening && parseInt(local!.split(':')[1]!, 16) === port)
      .map(([, local]) => local!.split(':')[0]!),
  );
}
