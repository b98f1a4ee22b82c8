const { setTimeout: sleep } = require('node:timers/promises');
const { withClient } = require('jest-model-provider');

withClient([process.env.KILL_MODEL], (handle) => {
  test.each([1, 2, 3])('answers request %i', async () => {
    const { text } = await handle.client.generate('2 + 3', { maxTokens: 4 });
    expect(text).not.toBe('');
    // Work between two requests, so that a kill may come while nothing is under way.
    await sleep(250);
  });
});
