import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { NotificationType, RequestType, type MessageConnection } from 'vscode-jsonrpc/node';
import { messageConnection, whyBroken } from '../../src/base/message-connection';
import { answeredError } from '../../src/base/answered-errors';
import { brokenFrames, halfFrame } from '../support/broken-frames';
import { caught } from '../support/caught';
import { eventually } from '../support/eventually';
import { ownPlaces } from '../support/own-places';

const said = new NotificationType<string>('said');
const asked = new RequestType<string, string, unknown>('asked');
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const frame = (text: string): string => {
  const body = JSON.stringify({ jsonrpc: '2.0', method: 'said', params: [text] });
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
};

const places = ownPlaces();
const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

/** The two ends of a socket. */
async function pair(): Promise<[Socket, Socket]> {
  const server = createServer();
  const path = join(places.directory, 'socket');
  server.listen(path);
  await once(server, 'listening');
  const here = connect(path);
  const [there] = (await once(server, 'connection')) as [Socket];
  server.close();
  for (const socket of [here, there]) {
    socket.on('error', () => undefined);
    ends.push(() => socket.destroy());
  }
  return [here, there];
}

interface Listening {
  readonly rpc: MessageConnection;
  readonly heard: string[];
}

function listening(...streams: Parameters<typeof messageConnection>): Listening {
  const rpc = messageConnection(...streams);
  const heard: string[] = [];
  rpc.onNotification(said, (text) => void heard.push(text));
  rpc.onError(() => undefined);
  rpc.listen();
  ends.push(() => rpc.dispose());
  return { rpc, heard };
}

test('a message that never arrives whole, since its process was killed, keeps nobody from ending', async () => {
  const input = new PassThrough();
  const { heard } = listening(input, new PassThrough());
  input.write(frame('all'));
  await eventually(() => heard.length === 1);
  const before = timers();
  input.write(halfFrame);
  await eventually(() => input.readableLength === 0);
  expect(timers()).toBeLessThanOrEqual(before);
});

test('messages arrive whole and in order, wherever their bytes are cut, those of other letters too', async () => {
  const texts = ['', 'a', 'ü€😀'.repeat(50), '\r\n\r\nContent-Length: 3\r\n\r\n'];
  const bytes = Buffer.from(texts.map(frame).join(''));
  for (const size of [1, 2, 29, 31, 100, bytes.length]) {
    const input = new PassThrough();
    const { heard } = listening(input, new PassThrough());
    for (let from = 0; from < bytes.length; from += size) input.write(bytes.subarray(from, from + size));
    await eventually(() => heard.length === texts.length);
    expect(heard).toEqual(texts);
  }
});

test.each(brokenFrames)(
  '%s ends the connection at once, and the reason is known',
  async (_what, text, reason) => {
    const [here, there] = await pair();
    listening(here, here);
    there.write(text);
    await eventually(() => here.closed);
    expect(whyBroken(here)).toMatch(reason);
  },
);

test('when what the other process has sent is no message, the pipe to it is closed too', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  listening(input, output);
  input.write('garbage without any sense or end');
  await eventually(() => output.destroyed);
});

test('a message of tens of megabytes is one like others', async () => {
  const [here, there] = await pair();
  const { rpc } = listening(here, here);
  const { heard } = listening(there, there);
  const text = 'x'.repeat(60 * 1024 ** 2);
  await rpc.sendNotification(said, text);
  await eventually(() => heard.length === 1);
  expect(heard[0]).toHaveLength(text.length);
});

test('a question or an answer that is too long is refused by whoever would send it, and what follows arrives', async () => {
  const [here, there] = await pair();
  const { rpc } = listening(here, here);
  const other = listening(there, there).rpc;
  const long = 'x'.repeat(65 * 1024 ** 2);
  other.onRequest(asked, (text) => (text === 'long' ? long : text));
  const refused = async (question: string) =>
    answeredError(await caught(rpc.sendRequest(asked, question))) as Error;
  expect(await refused(long)).toMatchObject({
    code: 'SESSION_REFUSED',
    message:
      'The request "asked" has 65 MiB, and a message has at most 64 MiB: pass the path of a file instead of its content.',
  });
  expect(await refused('long')).toMatchObject({
    code: 'SESSION_REFUSED',
    message: expect.stringContaining('The answer has 65 MiB, and a message has at most 64 MiB') as string,
  });
  expect(await rpc.sendRequest(asked, 'short')).toBe('short');
});

test('a process that reads nothing is given up before all that waits for it fills the memory', async () => {
  const [here, there] = await pair();
  const { rpc } = listening(here, here);
  there.pause();
  for (let count = 0; count < 2; count += 1)
    void rpc.sendNotification(said, 'x'.repeat(40 * 1024 ** 2)).catch(() => undefined);
  await expect(rpc.sendNotification(said, 'one more')).rejects.toThrow('does not read');
  await eventually(() => here.closed);
  expect(whyBroken(here)).toBe('the other process does not read: more than 64 MiB wait for it');
});

test('a process that has ended its half and does not read any more is gone', async () => {
  const [here, there] = await pair();
  const { rpc } = listening(here, here);
  there.pause();
  void rpc.sendNotification(said, 'x'.repeat(10 * 1024 ** 2));
  there.end();
  await eventually(() => here.closed);
});
