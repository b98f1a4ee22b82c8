// A provider of one's own, with a lease around each test instead of one for the block.
import { modelProviders, withClient } from 'jest-model-provider';

withClient(['search:people'], { scope: 'test' }, (search) => {
  test('a model reads what the search has found', async () => {
    const [fact] = await search.client.search('Emma');
    await using model = await modelProviders.setup('embedded:expert');
    const { text } = await model.client.generate(`Extract as JSON: ${fact}`, { temperature: 0 });
    expect(JSON.parse(text)).toEqual({ name: 'Emma', city: 'Oslo' });
  });

  test('a document is found once it is added', async () => {
    await search.client.add('Quinn lives in Lima.');
    expect(await search.client.search('lima')).toEqual(['Quinn lives in Lima.']);
  });

  test('each test has a server of its own', async () => {
    expect(await search.client.search('lima')).toEqual([]);
  });
});
