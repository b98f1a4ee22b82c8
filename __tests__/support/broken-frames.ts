/** What another process may send to a connection that is no message, and what is said of it. */
export const brokenFrames: readonly (readonly [what: string, text: string, reason: RegExp])[] = [
  [
    'a message of 10 GB',
    'Content-Length: 10000000000\r\n\r\n{',
    /a message of 9537 MiB, and a message has at most/,
  ],
  ['a header without an end', `Content-Length: ${'1'.repeat(100)}`, /what is no message/],
  ['garbage', '\u0000\u0001GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', /what is no message/],
  ['a body that is no JSON', 'Content-Length: 5\r\n\r\n{"a":', /what is no message/],
  ['a length that is none', 'Content-Length: -1\r\n\r\n{}         ', /what is no message/],
];

/** The beginning of a message whose end never comes. */
export const halfFrame = 'Content-Length: 1000\r\n\r\n{"jsonrpc":"2.0",';
