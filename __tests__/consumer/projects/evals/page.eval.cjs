/** @jest-environment jest-model-provider/environment-jsdom */
const { withClient } = require('jest-model-provider');

withClient(['embedded:expert'], (handle) => {
  test('answers a question of the page', async () => {
    document.body.innerHTML = '<p>2 + 3</p>';
    const { text } = await handle.client.generate(document.querySelector('p').textContent, {
      temperature: 0,
    });
    expect(text).toBe('5');
  });
});
