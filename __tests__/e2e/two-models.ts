import type { ModelInput } from 'jest-model-provider';
import type { JestRun } from './run-jest';

/** A spec file that asks each model in turn, and whose answers must come from the model that was asked. */
export function modelsAnswerSpec(models: readonly ModelInput[]): string {
  return `
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
}

/** How many resources lived at the same time at most, those that start and stop included. */
export function mostAlive({ events }: JestRun): number {
  const alive = new Set<string>();
  return Math.max(
    ...events.map((event) => {
      if (event.type === 'starting') alive.add(event.resourceId);
      if (event.type === 'stopped') alive.delete(event.resourceId);
      return alive.size;
    }),
  );
}
