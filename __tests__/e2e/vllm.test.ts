import type { SessionEvent } from '../../src/session/events';
import { FakeVllm } from '../providers/vllm/fake-vllm';
import { bothModes, runJest } from './run-jest';

const vllm = new FakeVllm();
afterAll(() => vllm.remove());

/** How many resources lived at the same time at most, those that start and stop included. */
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

test.each(bothModes)(
  'a matrix of two models on one vLLM at a time loads each model once, %s',
  async (mode) => {
    const models = ['a', 'b'].map((label) => ({ spec: `vllm:${vllm.model(label)}`, label }));
    const spec = `
      const { exactMatch, foreach, Result, withClient } = require('jest-model-provider');
      const dataset = Array.from({ length: 20 }, (_, n) => ({ question: 'Question ' + n }));
      withClient(${JSON.stringify(models)}, (handle, model) => {
        foreach('question', dataset, async (question) => {
          const { text, model: answered } = await handle.client.generate(question, { temperature: 0, maxTokens: 4 });
          return new Result(text, exactMatch(answered, model));
        });
        test('is answered by the model that was asked', async () => {
          expect((await handle.client.generate('Hello', { maxTokens: 1 })).model).toBe(model);
        });
      });`;
    const run = await runJest({ 'a.eval.js': spec }, mode, { env: { VLLM_COMMAND: vllm.command } });
    expect(run.tests.map(({ status, message }) => [status, message])).toEqual(Array(4).fill(['passed', '']));
    expect({ exit: run.exit, left: run.left }).toEqual({ exit: 0, left: [] });
    expect(run.events.flatMap((event) => (event.type === 'ready' ? [event.spec] : []))).toEqual(
      models.map((model) => model.spec),
    );
    expect(mostAlive(run.events)).toBe(1);
    expect(run.output).toMatch(/│ exactMatch │ 20 +│ 100\.0 % .* │ 100\.0 % /);
    expect(run.output).toContain(
      ': GPU memory is not checked before and after it, since there is no nvidia-smi.',
    );
  },
);
