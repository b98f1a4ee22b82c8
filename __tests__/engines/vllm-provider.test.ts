/** @jest-environment jest-model-provider/environment */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import {
  VLLMProvider,
  type ModelClient,
  type ModelConnection,
  type ResourceContext,
  type VLLMConfig,
  type VLLMOptions,
} from 'jest-model-provider';
import { groupMembers } from '../../src/process/os/process-group';
import { ContractBench } from '../../dist/src/testing/contract-bench';
import { contractRules } from '../../dist/src/testing/contract-rules';
import { caught } from '../support/caught';
import { closeSessionsAfterEach, openPrivateSession } from '../fixtures/private-session';
import { eventually } from '../support/eventually';
import { describeWithVllm, small, smallEnv, startLimitMs } from './vllm';

jest.setTimeout(startLimitMs);
closeSessionsAfterEach();

// These need a start of their own. The others share one server, which a lease keeps alive.
const ownStart = [
  'the resource is really gone when teardown resolves',
  'a failed setup says why, leaves nothing, and does not stand in the way of the next',
  'a setup that is given up ends at once and leaves nothing',
  'a lazy handle makes a resource at its first use only, and then one',
];
const lastOfAll = 'teardownAll ends every resource of the provider';

type Bench = ContractBench<ModelClient, ModelConnection, VLLMConfig>;

describeWithVllm('a real vLLM', ({ command, python, one }) => {
  const makeProvider = (options: VLLMOptions = {}): VLLMProvider =>
    new VLLMProvider({ command, ...small, env: smallEnv, stopGraceMs: 5000, ...options });

  const onBench = (check: (bench: Bench) => Promise<void>): Promise<void> =>
    ContractBench.run<ModelClient, ModelConnection, VLLMConfig>(
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
      check,
    );
  const ruleCalled = (title: string) => {
    const rule = contractRules.find((each) => each.title === title);
    if (rule === undefined) throw new Error(`there is no rule "${title}"`);
    return rule;
  };

  test.each(ownStart)('keeps the contract: %s', (title) =>
    onBench((bench) => ruleCalled(title).check(bench)),
  );

  describe('that a lease keeps alive', () => {
    let bench: Bench;
    let end = (): void => undefined;
    let run: Promise<void> = Promise.resolve();
    beforeAll(
      () =>
        new Promise<void>((ready, reject) => {
          run = onBench(async (opened) => {
            await (bench = opened).setup();
            ready();
            await new Promise<void>((resolve) => (end = resolve));
          });
          run.catch(reject);
        }),
    );
    afterAll(() => {
      end();
      return run;
    });

    const shared = contractRules.filter(({ title }) => !ownStart.includes(title) && title !== lastOfAll);
    test.each([...shared, ruleCalled(lastOfAll)])('keeps the contract: $title', async (rule) => {
      await rule.check(bench);
      expect(bench.count('starting')).toBe(1);
    });
  });

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

  test('says that a model is neither on this machine nor to be downloaded', async () => {
    const provider = makeProvider({ env: { ...smallEnv, HF_HUB_OFFLINE: '1', HF_HOME: '/nonexistent' } });
    const session = await openPrivateSession({ vllm: provider });
    const error = await caught(provider.setup('nobody/no-such-model'));
    expect(error.code).toBe('SETUP_FAILED');
    expect(error.message.split('\n')[0]).toBe(
      'vllm:nobody/no-such-model: the model is not on this machine, and it cannot be downloaded (the server exited with code 1 before it was ready).',
    );
    expect(session.pids.flatMap(groupMembers)).toEqual([]);
  });

  test('fails its start, and leaves nothing, when its server is killed while the engine loads', async () => {
    const provider = makeProvider();
    const session = await openPrivateSession({ vllm: provider });
    const setup = caught(provider.setup(one));
    const members = () => session.pids.flatMap(groupMembers);
    await eventually(() => members().some(({ pid }) => isEngine(pid)), 120_000);
    process.kill(session.pids[0]!, 'SIGKILL');
    const error = await setup;
    expect(error.code).toBe('SETUP_FAILED');
    expect(error.message).toContain('was ended by SIGKILL before it was ready');
    expect(members()).toEqual([]);
  });

  test('is lost when its engine hangs behind a healthy server, and nothing is left of it', async () => {
    const provider = makeProvider({ answerStallMs: 4000 });
    const session = await openPrivateSession({ vllm: provider });
    const handle = await provider.setup(one);
    const [server] = session.pids;
    const engine = groupMembers(server!).find(({ pid }) => isEngine(pid));
    process.kill(engine!.pid, 'SIGSTOP');
    const error = await caught(handle.client.generate('Hello', { maxTokens: 4 }));
    expect(error.code).toBe('RESOURCE_LOST');
    expect(error.message.split('\n')[0]).toBe(
      `"vllm:${one}#1" died while it was in use: the engine answers nothing, although its server says that it is healthy (its server (pid ${server}) produced no token for 4 s).`,
    );
    await eventually(() => groupMembers(server!).length === 0, 30_000);
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
    // Whatever fails, it must not keep this process alive.
    await once(squatter.listen(0, '127.0.0.1').unref(), 'listening');
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
    // Stopped, so that the answer cannot be faster than the death.
    for (const { pid } of groupMembers(server)) process.kill(pid, 'SIGSTOP');
    const reply = caught(handle.client.generate('Hello', options));
    process.kill(server, 'SIGKILL');
    const error = await reply;
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

/** It changes its title: its command line is gone. */
function isEngine(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('VLLM::EngineCore');
  } catch {
    return false;
  }
}
