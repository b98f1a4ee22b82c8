/** @jest-environment jest-model-provider/environment */
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import {
  VLLMProvider,
  type ModelConnection,
  type ResourceContext,
  type VLLMConfig,
} from 'jest-model-provider';
import { groupMembers } from '../../../src/process/os/process-group';
import { caught } from '../../support/caught';
import { closeSessionsAfterEach } from '../../fixtures/private-session';
import { eventually } from '../../support/eventually';
import { FakeVllm } from './fake-vllm';

closeSessionsAfterEach();

const vllm = new FakeVllm();
afterAll(() => vllm.remove());

const members = (): number[] => vllm.session!.pids.flatMap(groupMembers).map(({ pid }) => pid);

test('an engine that dies while it is used fails the requests at once, though its server ends with code 0', async () => {
  const provider = await vllm.provider(['--fake-engine-dies', '--fake-when', '2']);
  const handle = await provider.setup(vllm.model('a'));
  const error = await caught(handle.client.generate('Hi'));
  expect(vllm.readable(error).split('\n')).toEqual([
    `RESOURCE_LOST: "vllm:DIR/a#1" died while it was in use: vLLM's engine died, upon which its server ends with code 0 (its server (pid PID) exited with code 0).`,
    'Its last lines:',
    '  | INFO:     Application startup complete.',
    '  | INFO:     Application shutdown complete.',
  ]);
  expect(members()).toEqual([]);
});

test('a server that is killed is lost at once, and its engine, which it leaves behind, is ended', async () => {
  const provider = await vllm.provider(['--fake-ignore-sigterm'], { stopGraceMs: 200 });
  const handle = await provider.setup(vllm.model('a'));
  const [server] = vllm.session!.pids;
  await eventually(() => members().length === 2);
  process.kill(server!, 'SIGKILL');
  await eventually(() => vllm.session!.events.some(({ type }) => type === 'lost'));
  expect(() => handle.client).toThrow(expect.objectContaining({ code: 'RESOURCE_LOST' }));
  await eventually(() => members().length === 0);
  await handle.teardown();
  expect((await provider.setup(vllm.model('a'))).resourceId).toMatch(/#2$/);
});

test('a start that is given up is ended by force where SIGTERM is lost while vLLM warms up', async () => {
  const switches = ['--fake-load-ms', '600000', '--fake-lose-sigterm'];
  const provider = await vllm.provider(switches, { stopGraceMs: 200 });
  const abort = new AbortController();
  const setup = provider.setup(vllm.model('a'), undefined, { signal: abort.signal });
  await eventually(() => members().length === 2);
  abort.abort();
  expect((await caught(setup)).code).toBe('SETUP_ABORTED');
  await eventually(() => members().length === 0);
});

test('server and engine that ignore SIGTERM are killed after the grace period', async () => {
  const provider = await vllm.provider(['--fake-ignore-sigterm'], { stopGraceMs: 200 });
  await provider.setup(vllm.model('a'));
  await vllm.session!.close();
  expect(members()).toEqual([]);
});

test('the second model waits until the first is released, and starts when nothing is left of it', async () => {
  const provider = await vllm.provider();
  const first = await provider.setup(vllm.model('a'));
  const waiting = provider.setup(vllm.model('b'));
  await first.teardown();
  expect((await (await waiting).client.generate('Hi')).text).toBe('Hello from b');
  const order = vllm.session!.events.flatMap(({ type }) =>
    type === 'launched' || type === 'stopped' ? [type] : [],
  );
  expect(order).toEqual(['launched', 'stopped', 'launched']);
});

test('another port is taken where somebody was faster', async () => {
  class WithPorts extends VLLMProvider {
    ports: number[] = [];
    override createResource(
      name: string,
      config: VLLMConfig | undefined,
      context: ResourceContext,
    ): Promise<ModelConnection> {
      const freePort = async (): Promise<number> => this.ports.shift() ?? context.freePort();
      return super.createResource(name, config, { ...context, directory: context.directory, freePort });
    }
  }
  const squatter = net.createServer((socket) => socket.destroy());
  await once(squatter.listen(0, '127.0.0.1'), 'listening');
  const { port } = squatter.address() as AddressInfo;
  const provider = new WithPorts({ command: vllm.command });
  provider.ports = [port];
  await vllm.open(provider);
  const handle = await provider.setup(vllm.model('a'));
  expect(vllm.session!.pids).toHaveLength(2);
  expect((await handle.client.generate('Hi')).text).toBe('Hello from a');
  await new Promise((resolve) => squatter.close(resolve));
});
