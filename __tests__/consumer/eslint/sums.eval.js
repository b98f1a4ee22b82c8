const { exactMatch, foreach, Result, withClient, withClients } = require('jest-model-provider');

const sums = [{ question: 'What is 12 + 7?', answer: '19' }];

withClient(['embedded:novice', 'embedded:expert'], (handle, model) => {
  beforeAll(async () => {
    await handle.client.generate('What is 1 + 1?', { temperature: 0 });
  });

  foreach('question, answer', sums, async ({ question, answer }) => {
    const { text } = await handle.client.generate(question, { temperature: 0 });
    if (model === 'embedded:expert') expect(text).not.toBe('');
    return new Result(text, exactMatch(text, answer));
  });

  test('answers on one line', async () => {
    const { text } = await handle.client.generate('What is 2 + 3?', { temperature: 0 });
    expect(text).not.toContain('\n');
  });
});

withClients({ model: 'embedded:expert' }, ({ model }) => {
  test('is one of several', async () => {
    const { text } = await model.client.generate('What is 2 + 3?', { temperature: 0 });
    expect(text).toBe('5');
  });
});
