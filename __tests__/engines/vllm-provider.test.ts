/** @jest-environment jest-model-provider/environment */
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import {
  VLLMProvider,
  type ModelClient,
  type ModelConnection,
  type ResourceContext,
  type VLLMConfig,
} from 'jest-model-provider';
import { groupMembers } from '../../src/process/process-group';
import { ContractBench } from '../../dist/src/testing/contract-bench';
import { contractRules } from '../../dist/src/testing/contract-rules';
import { caught } from '../fixtures/caught';
import { closeSessionsAfterEach, openPrivateSession } from '../fixtures/private-session';
import { eventually } from '../process/eventually';
import { describeWithVllm, small, smallEnv, startLimitMs } from './vllm';

jest.setTimeout(startLimitMs);
closeSessionsAfterEach();

// Every rule runs on the fake vLLM; of the real one each takes a start, so these are the ones that its processes could break.
const rules = [
  'the resource is really gone when teardown resolves',
  'a failed setup says why, leaves nothing, and does not stand in the way of the next',
  'a setup that is given up ends at once and leaves nothing',
];

describeWithVllm('a real vLLM', ({ command, python, one }) => {
  const makeProvider = (options: VLLMConfig = {}): VLLMProvider =>
    new VLLMProvider({ command, ...small, env: smallEnv, stopGraceMs: 5000, ...options });

  test.each(contractRules.filter(({ title }) => rules.includes(title)))(
    'keeps the contract: $title',
    async (rule) => {
      await ContractBench.run<ModelClient, ModelConnection, VLLMConfig>(
        makeProvider as never,
        {
          name: one,
          failing: { name: './no-such-directory' },
          isAlive: ({ baseURL }: ModelConnection) =>
            fetch(`${baseURL}/models`).then(
              () => true,
              () => false,
            ),
          use: (client: ModelClient) => client.generate('Hello', { maxTokens: 4, temperature: 0 }),
        },
        (bench) => rule.check(bench),
      );
    },
  );

  test('names an argument that it does not know', async () => {
    const provider = makeProvider({ extraArgs: ['--nope'] });
    const session = await openPrivateSession({ vllm: provider });
    const error = await caught(provider.setup(one));
    expect(error.code).toBe('SETUP_FAILED');
    expect(error.message.split('\n')[0]).toBe(
      `vllm:${one}: this vLLM does not know the arguments --nope (the server exited with code 2 before it was ready).`,
    );
    expect(session.pids.flatMap(groupMembers)).toEqual([]);
  });

  test('takes another port when its own is taken, answers, and leaves nothing when its server is killed', async () => {
    class WithPort extends VLLMProvider {
      ports: number[] = [];

      override createResource(
        name: string,
        config: VLLMConfig | undefined,
        context: ResourceContext,
      ): Promise<ModelConnection> {
        const { directory } = context;
        const freePort = async (): Promise<number> => this.ports.shift() ?? context.freePort();
        return super.createResource(name, config, { ...context, directory, freePort });
      }
    }
    const squatter = net.createServer((socket) => socket.destroy());
    await once(squatter.listen(0, '127.0.0.1'), 'listening');
    // By its module too, as a Python without the vllm command runs it.
    const provider = new WithPort({ command: python, ...small, env: smallEnv });
    provider.ports = [(squatter.address() as AddressInfo).port];
    const session = await openPrivateSession({ vllm: provider });
    const handle = await provider.setup(one);
    expect(session.pids).toHaveLength(2);
    const options = { maxTokens: 8, temperature: 0 };
    const answer = await handle.client.generate('Hello', options);
    expect(answer).toMatchObject({ model: 'one', usage: { completionTokens: 8 } });
    expect((await handle.client.generate('Hello', options)).text).toBe(answer.text);
    // The API server, its engine and the engine's worker.
    const server = session.pids[1]!;
    expect(groupMembers(server).length).toBeGreaterThanOrEqual(3);
    const error = await caught(
      (async () => {
        for await (const piece of handle.client.stream('Hello', {
          maxTokens: 200,
          extra: { ignore_eos: true },
        })) {
          if (piece !== '') process.kill(server, 'SIGKILL');
        }
      })(),
    );
    expect(error.code).toBe('RESOURCE_LOST');
    await eventually(() => groupMembers(server).length === 0);
    await new Promise((resolve) => squatter.close(resolve));
  });

  test('has an identity that tells its models apart and names its version', async () => {
    const identity = await makeProvider().identity(one, undefined);
    expect(identity).toMatchObject({
      weights: { 'model.safetensors': expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      engine: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
    });
  });
});
