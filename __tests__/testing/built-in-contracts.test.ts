/** @jest-environment jest-model-provider/environment */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';
import {
  DatabaseProvider,
  EmbeddedProvider,
  OpenAICompatibleProvider,
  VLLMProvider,
  type DatabaseConnection,
  type ModelClient,
  type ModelConnection,
} from 'jest-model-provider';
import { describeProviderContract } from 'jest-model-provider/testing';
import { FakeVllm } from '../providers/vllm/fake-vllm';

const use = (client: ModelClient): Promise<unknown> =>
  client.generate('2 + 3', { maxTokens: 4, temperature: 0 });

function accepts(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

describeProviderContract('EmbeddedProvider', () => new EmbeddedProvider(), {
  name: 'novice',
  failing: { name: './no-such-file.gguf' },
  isAlive: ({ baseURL }: ModelConnection) => accepts(baseURL),
  use,
});

describe('with a fake vLLM', () => {
  const vllm = new FakeVllm();
  afterAll(() => vllm.remove());
  describeProviderContract('VLLMProvider', () => new VLLMProvider({ command: vllm.command }), {
    name: vllm.model('a'),
    failing: { name: vllm.model('b'), config: { extraArgs: ['--fake-exit', '1'] } },
    isAlive: ({ baseURL }: ModelConnection) => accepts(baseURL),
    use,
  });
});

describe('with an endpoint', () => {
  let endpoint: Server;
  let baseURL = '';
  const answer = {
    id: '1',
    object: 'chat.completion',
    created: 0,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: '5' }, finish_reason: 'stop' }],
  };

  beforeAll(async () => {
    endpoint = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const isKnown = (JSON.parse(body) as { model: string }).model === 'm';
        response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' });
        response.end(JSON.stringify(isKnown ? answer : { error: { message: 'no such model' } }));
      });
    }).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    baseURL = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/v1`;
  });

  afterAll(async () => {
    endpoint.closeAllConnections();
    await new Promise((resolve) => endpoint.close(resolve));
  });

  describeProviderContract('OpenAICompatibleProvider', () => new OpenAICompatibleProvider({ baseURL }), {
    name: 'm',
    failing: { name: 'missing' },
    use,
  });
});

async function connects(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

const schema = async (client: Client): Promise<void> =>
  void (await client.query('CREATE TABLE t (n int); INSERT INTO t VALUES (1)'));

describeProviderContract(
  'DatabaseProvider',
  () => new DatabaseProvider({ server: 'embedded', schemas: { shop: schema } }),
  {
    name: 'shop',
    failing: { name: 'unknown' },
    isAlive: ({ url }: DatabaseConnection) => connects(url),
    use: (client) => client.query('SELECT n FROM t'),
  },
);
