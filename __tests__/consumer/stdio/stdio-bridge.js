// node stdio-bridge.js <socket> <command> [arguments]: gives a program that speaks over stdin and stdout a
// socket. Each connection has a program of its own, which ends with it. The session ends this process, and all
// programs with it: they are of its process group.
const { spawn } = require('node:child_process');
const { createServer } = require('node:net');

const [socketPath, command, ...args] = process.argv.slice(2);

const server = createServer((connection) => {
  const program = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  for (const stream of [connection, program.stdin, program.stdout]) stream.on('error', () => undefined);
  connection.pipe(program.stdin);
  // Its end must not look like one of the other side.
  program.stdout.pipe(connection, { end: false });
  connection.once('close', () => program.kill('SIGKILL'));
  program.once('error', (error) => fail(error.message));
  program.once('exit', (code, signal) => {
    // While somebody uses it: the resource is lost, and says why.
    if (!connection.destroyed) fail(`the program ended with ${signal ?? `code ${code}`}`);
  });
});
server.listen(socketPath, () => console.log('listening'));

function fail(cause) {
  console.error(cause);
  process.exit(1);
}
