// A resource set up by hand, and one that is set up only if it is used.
const { modelProviders } = require('jest-model-provider');

test('a handle is torn down by whoever set it up', async () => {
  const handle = await modelProviders.setup('embedded:expert');
  try {
    const { text } = await handle.client.generate('What is 12 + 7?', { temperature: 0 });
    expect(text).toBe('19');
  } finally {
    await handle.teardown();
  }
  expect(handle.isActive).toBe(false);
});

describe('a lazy handle', () => {
  const used = modelProviders.request('embedded:expert');
  const unused = modelProviders.request('embedded:novice');

  afterAll(async () => {
    await used.teardown();
    await unused.teardown();
  });

  test('is set up at its first use', async () => {
    expect(used.isSetUp).toBe(false);
    const { client } = await used.get();
    const { text } = await client.generate('Is 517 even or odd?', { temperature: 0 });
    expect(text).toBe('odd');
  });

  test('is never set up if nobody uses it', () => {
    expect(unused.isSetUp).toBe(false);
  });
});
