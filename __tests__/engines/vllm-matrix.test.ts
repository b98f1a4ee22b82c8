import type { SessionEvent } from '../../src/session/events';
import { groupMembers } from '../../src/process/process-group';
import { runJest, startJest, type JestRun } from '../e2e/run-jest';
import { eventually } from '../process/eventually';
import { describeWithVllm, small, smallEnv, startLimitMs } from './vllm';

jest.setTimeout(startLimitMs);

const loads = ({ events }: JestRun): string[] =>
  events.flatMap((event) => (event.type === 'ready' ? [event.spec] : []));

/** How many servers lived at the same time at most, by the record of the session. */
function mostAlive(events: readonly SessionEvent[]): number {
  const alive = new Set<string>();
  return Math.max(
    ...events.map((event) => {
      if (event.type === 'starting') alive.add(event.resourceId);
      if (event.type === 'stopped') alive.delete(event.resourceId);
      return alive.size;
    }),
  );
}

describeWithVllm('a matrix of two models on one real vLLM at a time', ({ command, one, two }) => {
  const options = { env: { VLLM_COMMAND: command, ...smallEnv }, limitMs: startLimitMs };
  const entry = (directory: string, label: string) => ({ spec: `vllm:${directory}`, config: small, label });

  test('loads each model once, one after the other, and leaves nothing', async () => {
    const spec = `
      const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');
      const dataset = Array.from({ length: 20 }, (_, n) => ({ question: 'Question ' + n }));
      withClient(${JSON.stringify([entry(one, 'one'), entry(two, 'two')])}, (handle, model) => {
        foreach('question', dataset, async (question) => {
          const { text, model: answered } = await handle.client.generate(question, { temperature: 0, maxTokens: 4 });
          return new Result(text, exactMatch(answered, model));
        });
        test('is answered by the model that was asked', async () => {
          expect((await handle.client.generate('Hello', { maxTokens: 1 })).model).toBe(model);
        });
      });`;
    const run = await runJest({ 'a.eval.js': spec }, 'in band', options);
    expect(run.tests.map(({ status, message }) => [status, message])).toEqual(Array(4).fill(['passed', '']));
    expect({ exit: run.exit, left: run.left }).toEqual({ exit: 0, left: [] });
    expect(loads(run)).toEqual([`vllm:${one}`, `vllm:${two}`]);
    expect(mostAlive(run.events)).toBe(1);
    const pids = run.events.flatMap((event) => (event.type === 'launched' ? [event.pid] : []));
    expect(pids.flatMap(groupMembers)).toEqual([]);
  });

  const held = `
    const { withClient } = require('jest-model-provider');
    const { note } = require('e2e-kit');
    withClient(${JSON.stringify([entry(one, 'one')])}, (handle) => {
      test('holds', async () => {
        for await (const piece of handle.client.stream('Hello', { maxTokens: 200, extra: { ignore_eos: true } })) {
          if (piece !== '') note('answering');
        }
        await new Promise(() => undefined);
      }, 2 ** 31 - 1);
    });`;

  test.each([
    ['while the model loads', 'in band', () => undefined],
    [
      'in the middle of an answer',
      'in workers',
      (jest: ReturnType<typeof startJest>) => jest.noted('answering'),
    ],
  ] as const)('when the main process is killed %s, no process is left', async (_title, mode, moment) => {
    const jest = startJest({ 'a.eval.js': held }, mode, options);
    let engine: number[] = [];
    // The leader of its group is the API server; engine and worker have changed their titles.
    await jest.until('the processes of vLLM', () => {
      engine = jest.serverGroups(/ serve /).flatMap((group) => groupMembers(group).map(({ pid }) => pid));
      return engine.length >= 3;
    });
    const groups = jest.serverGroups(/ serve /);
    await moment(jest);
    process.kill(jest.pid, 'SIGKILL');
    const run = await jest.finished();
    expect({ exit: run.exit, left: run.left }).toEqual({ exit: 'SIGKILL', left: [] });
    await eventually(() => groups.flatMap(groupMembers).length === 0, 30_000);
  });
});
