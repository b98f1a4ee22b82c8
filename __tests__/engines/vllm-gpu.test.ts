/** @jest-environment jest-model-provider/environment */
import { basename } from 'node:path';
import { VLLMProvider, type VLLMOptions } from 'jest-model-provider';
import { closeSessionsAfterEach, openPrivateSession, type PrivateSession } from '../fixtures/private-session';
import { eventually } from '../support/eventually';
import { describeWithVllmOnGpu, small, startLimitMs, usedMiB } from './vllm';

jest.setTimeout(startLimitMs);
closeSessionsAfterEach();

// Two of them do not fit onto one GPU beside each other, so that it must be free before the next one starts.
const options: VLLMOptions = { ...small, gpuMemoryUtilization: 0.6, devices: [0] };

describeWithVllmOnGpu('two models on one real GPU', ({ command, one, two }) => {
  const life = (session: PrivateSession): string[] =>
    session.events.flatMap((event) =>
      event.type === 'ready' || event.type === 'slept' || event.type === 'woke' || event.type === 'stopped'
        ? [`${basename(event.resourceId)} ${event.type}`]
        : [],
    );

  /** Has two models answer in turn, twice; returns the answers. */
  async function takeTurns(provider: VLLMProvider): Promise<string[]> {
    const answers: string[] = [];
    for (const model of [one, two, one, two]) {
      const handle = await provider.setup(model);
      const { text } = await handle.client.generate('Hello', { maxTokens: 8, temperature: 0 });
      answers.push(text);
      await handle.teardown();
    }
    return answers;
  }

  test('are loaded one after the other, and the GPU has its memory back in the end', async () => {
    const before = usedMiB();
    const provider = new VLLMProvider({ command, ...options });
    const session = await openPrivateSession({ vllm: provider });
    const [first, second, firstAgain, secondAgain] = await takeTurns(provider);
    expect([firstAgain, secondAgain]).toEqual([first, second]);
    expect(life(session)).toEqual([
      ...['one#1 ready', 'one#1 stopped', 'two#1 ready', 'two#1 stopped'],
      ...['one#2 ready', 'one#2 stopped', 'two#2 ready'],
    ]);
    await session.close();
    await eventually(() => usedMiB() <= before + 64, 30_000);
  });

  test('are loaded once each where they sleep, and answer after each wake as before', async () => {
    const before = usedMiB();
    const provider = new VLLMProvider({ command, ...options, sleep: true });
    const session = await openPrivateSession({ vllm: provider });
    const [first, second, firstAgain, secondAgain] = await takeTurns(provider);
    expect([firstAgain, secondAgain]).toEqual([first, second]);
    expect(life(session)).toEqual([
      ...[
        'one#1 ready',
        'one#1 slept',
        'two#1 ready',
        'two#1 slept',
        'one#1 woke',
        'one#1 slept',
        'two#1 woke',
      ],
    ]);
    await session.close();
    await eventually(() => usedMiB() <= before + 64, 30_000);
  });
});
