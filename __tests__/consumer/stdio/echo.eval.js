const { withClient, withClients } = require('jest-model-provider');

withClient(['stdio:echo'], (handle) => {
  test('answers', async () => {
    expect(await handle.client.call('echo', { text: 'hello' })).toEqual({ text: 'hello' });
  });

  test('refuses what it does not know', async () => {
    await expect(handle.client.call('nothing')).rejects.toThrow('no nothing');
  });
});

withClients({ tool: 'stdio:echo', model: 'embedded:expert' }, ({ tool, model }) => {
  test('is a tool of a model', async () => {
    const { text } = await model.client.generate('What is 12 + 7?', { temperature: 0 });
    expect(await tool.client.call('echo', text)).toBe('19');
  });
});
