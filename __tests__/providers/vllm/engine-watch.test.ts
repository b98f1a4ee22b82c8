/** @jest-environment jest-model-provider/environment */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupMembers } from '../../../src/process/os/process-group';
import { caught } from '../../support/caught';
import { closeSessionsAfterEach } from '../../fixtures/private-session';
import { eventually } from '../../support/eventually';
import { FakeVllm } from './fake-vllm';

closeSessionsAfterEach();

const vllm = new FakeVllm();
afterAll(() => vllm.remove());

const answerStallMs = 2000;
const hang = vllm.model('hang');
const lost = (): number => vllm.session!.events.filter(({ type }) => type === 'lost').length;

test('an engine that hangs behind a healthy server once it is ready fails the call under way, and its server is stopped', async () => {
  const provider = await vllm.provider(['--fake-hang-by', hang, '--fake-ignore-sigterm'], {
    answerStallMs,
    stopGraceMs: 200,
  });
  const handle = await provider.setup(vllm.model('a'));
  expect((await handle.client.generate('Hi')).text).toBe('Hello from a');
  writeFileSync(hang, '');
  const error = await caught(handle.client.generate('Hi'));
  expect(vllm.readable(error).split('\n')).toEqual([
    'RESOURCE_LOST: "vllm:DIR/a#1" died while it was in use: the engine answers nothing, although its server says that it is healthy (its server (pid PID) produced no token for 2 s).',
    'Its last lines:',
    '  | INFO:     Application startup complete.',
  ]);
  expect(() => handle.client).toThrow(expect.objectContaining({ code: 'RESOURCE_LOST' }));
  await eventually(() => vllm.session!.pids.flatMap(groupMembers).length === 0);
  await handle.teardown();
  const next = await provider.setup(vllm.model('a'));
  expect(next.resourceId).toMatch(/#2$/);
  expect((await next.client.generate('Hi')).text).toBe('Hello from a');
});

test('an engine that hangs while nobody asks it anything is lost too', async () => {
  const provider = await vllm.provider(['--fake-hang', '2'], { answerStallMs });
  const handle = await provider.setup(vllm.model('a'));
  await eventually(() => lost() === 1);
  expect(() => handle.client).toThrow(expect.objectContaining({ code: 'RESOURCE_LOST' }));
});

test('a server that does not answer at all any more is lost', async () => {
  const provider = await vllm.provider([], { answerStallMs, stopGraceMs: 200 });
  const handle = await provider.setup(vllm.model('a'));
  process.kill(vllm.session!.pids[0]!, 'SIGSTOP');
  const error = await caught(handle.client.generate('Hi'));
  expect(vllm.readable(error)).toContain(
    'its server answers nothing (/health: no answer) (its server (pid PID) produced no token for 2 s).',
  );
});

test('an engine at work is not lost, however long an answer takes', async () => {
  const provider = await vllm.provider(['--fake-slow', String(3 * answerStallMs)], { answerStallMs });
  const handle = await provider.setup(vllm.model('a'));
  expect((await handle.client.generate('Hi')).text).toBe('Hello from a');
  expect(lost()).toBe(0);
});

test('an engine that nobody asks anything lives on, for it answers when it is looked after', async () => {
  const provider = await vllm.provider([], { answerStallMs: 800 });
  const handle = await provider.setup(vllm.model('a'));
  const metrics = handle.client.openai.baseURL.replace('/v1', '/metrics');
  const tokens = async (): Promise<number> =>
    Number(/generation_tokens\S* (\d+)/.exec(await (await fetch(metrics)).text())?.[1]);
  const atFirst = await tokens();
  // Ten looks that found nothing new, and were answered.
  while ((await tokens()) < atFirst + 10 * 3) await sleep(20);
  expect((await handle.client.generate('Hi')).text).toBe('Hello from a');
  expect(lost()).toBe(0);
});

test.each([
  ['without the counters of its engine', '--fake-no-metrics'],
  ['that sleeps', '--fake-asleep'],
])('no server %s is called hung', async (_which, how) => {
  const provider = await vllm.provider(['--fake-hang-by', hang, how], { answerStallMs: 400 });
  const handle = await provider.setup(vllm.model('a'));
  writeFileSync(hang, '');
  const signal = AbortSignal.timeout(1500);
  await expect(handle.client.generate('Hi', { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(lost()).toBe(0);
});
