// Answers JSON-RPC over stdin and stdout, one message a line.
const { createInterface } = require('node:readline');

createInterface(process.stdin).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'crash') throw new Error('asked to crash');
  const answer =
    method === 'echo' ? { result: params } : { error: { code: -32601, message: `no ${method}` } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`);
});
