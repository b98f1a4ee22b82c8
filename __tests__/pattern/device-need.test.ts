import { validateDeviceNeed } from '../../src/pattern/device-need';

test.each([
  { pool: ['gpu:0'], count: 1 },
  { pool: ['gpu:0', 'gpu:1'], count: 2 },
])('devices() may give %j', (need) => {
  expect(() => validateDeviceNeed('vllm:a', need)).not.toThrow();
});

test.each([
  null,
  'gpu:0',
  { pool: [], count: 1 },
  { pool: ['gpu:0'], count: 2 },
  { pool: ['gpu:0'], count: 0 },
  { pool: ['gpu:0', 'gpu:0'], count: 2 },
  { pool: ['gpu:0'] },
])('devices() may not give %j', (need) => {
  expect(() => validateDeviceNeed('vllm:a', need)).toThrow(
    expect.objectContaining({
      code: 'PROVIDER_INVALID',
      message: `The provider of "vllm:a" needs devices that cannot be had: devices() gave ${JSON.stringify(need)}; it must be { pool, count }, with count from 1 to the number of different names in pool.`,
    }),
  );
});
