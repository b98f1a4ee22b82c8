import { withClient } from 'jest-model-provider';
import type { Greeter } from './model-providers.js';

withClient(['greeter:world'], (handle) => {
  test('a provider of the project’s own', () => {
    const greeter: Greeter = handle.client;
    expect(greeter.greet()).toBe('Hello, world');
  });
});

withClient(['embedded:expert'], (handle) => {
  test('a model that another file uses too', async () => {
    expect((await handle.client.generate('2 + 3', { temperature: 0 })).text).toBe('5');
  });
});

test('runs in the process that was asked for', () => {
  const isWorker = /processChild\.js$/.test(process.argv[1] ?? '');
  expect(isWorker ? 'no' : 'yes').toEqual(process.env['CONSUMER_TEST_IN_BAND'] ?? expect.anything());
});
