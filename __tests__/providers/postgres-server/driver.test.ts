import { driver } from '../../../src/providers/postgres-server/driver';

jest.mock('node:tls');
jest.mock('fs');

const server = 'postgresql://me@127.0.0.1:5432/shop';

test.each([
  ['sslmode=require', 'node:tls'],
  ['ssl=true', 'node:tls'],
  ['sslrootcert=ca.pem', 'node:tls'],
  ['sslmode=disable&sslrootcert=ca.pem', 'node:fs'],
])('a mock that the driver needs for TLS is named: %s', (query, mocked) => {
  expect(() => driver(`${server}?${query}`)).toThrow(
    `${mocked} is mocked in this file, but the package pg, with which jest-model-provider works, needs it`,
  );
});

test.each(['', '?sslmode=disable', '?ssl=0'])('it is none where there is no TLS: %s', (query) => {
  expect(driver(`${server}${query}`).Client).toBeDefined();
});
