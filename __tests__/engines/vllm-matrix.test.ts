import { groupMembers } from '../../src/process/os/process-group';
import { loads } from '../e2e/matrix-project';
import { bothModes, runJest, startJest } from '../e2e/run-jest';
import { modelsAnswerSpec, mostAlive } from '../e2e/two-models';
import { eventually } from '../support/eventually';
import { describeWithVllm, small, smallEnv, startLimitMs } from './vllm';

jest.setTimeout(startLimitMs);

describeWithVllm('a matrix of two models on one real vLLM at a time', ({ command, one, two }) => {
  const options = { env: { VLLM_COMMAND: command, ...smallEnv }, limitMs: startLimitMs };
  const entry = (directory: string, label: string) => ({ spec: `vllm:${directory}`, config: small, label });

  test.each(bothModes)('loads each model once, one after the other, and leaves nothing, %s', async (mode) => {
    const spec = modelsAnswerSpec([entry(one, 'one'), entry(two, 'two')]);
    const run = await runJest({ 'a.eval.js': spec }, mode, options);
    expect(run.tests.map(({ status, message }) => [status, message])).toEqual(Array(4).fill(['passed', '']));
    expect({ exit: run.exit, left: run.left }).toEqual({ exit: 0, left: [] });
    expect(loads(run)).toEqual([`vllm:${one}`, `vllm:${two}`]);
    expect(mostAlive(run)).toBe(1);
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

  const moments = [
    ['while the model loads', () => undefined],
    ['in the middle of an answer', (jest: ReturnType<typeof startJest>) => jest.noted('answering')],
  ] as const;
  const kills = moments.flatMap(([title, moment]) => bothModes.map((mode) => [title, mode, moment] as const));

  test.each(kills)(
    'when the main process is killed %s, %s, no process is left',
    async (_title, mode, moment) => {
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
    },
  );
});
