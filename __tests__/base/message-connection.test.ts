import { PassThrough } from 'node:stream';
import { NotificationType } from 'vscode-jsonrpc/node';
import { messageConnection } from '../../src/base/message-connection';
import { eventually } from '../support/eventually';

const said = new NotificationType<string>('said');
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('a message that never arrives whole, since its process was killed, keeps nobody from ending', async () => {
  const input = new PassThrough();
  const connection = messageConnection(input, new PassThrough());
  const heard: string[] = [];
  connection.onNotification(said, (text) => void heard.push(text));
  connection.listen();
  const whole = JSON.stringify({ jsonrpc: '2.0', method: 'said', params: ['all'] });
  input.write(`Content-Length: ${Buffer.byteLength(whole)}\r\n\r\n${whole}`);
  await eventually(() => heard.length === 1);
  const before = timers();
  input.write('Content-Length: 1000\r\n\r\n{"jsonrpc":');
  await eventually(() => input.readableLength === 0);
  expect(timers()).toBeLessThanOrEqual(before);
  connection.dispose();
});
