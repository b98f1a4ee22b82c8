import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchFor } from '../../src/answers/send';
import { webResponse } from '../../src/base/http-answer';
import { Upstream } from '../../src/tap/endpoint/upstream';
import { ownPlaces } from '../support/own-places';

const places = ownPlaces();

/** Ends each connection when it was answered on, and says so by a file. */
const server = `
  const { createServer } = require('node:http');
  const { writeFileSync } = require('node:fs');
  createServer((request, response) => {
    const { socket } = request;
    socket.once('close', () => writeFileSync(process.argv[1], ''));
    response.end('answer', () => setTimeout(() => socket.destroy(), 200));
  }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

const upstream = new Upstream();
afterAll(() => upstream.close());

test.each([
  ['fetch', fetch],
  ['the tap', upstream.send],
])(
  'a request after code that blocks is not sent on a connection that the server has closed meanwhile: %s',
  async (_who, send) => {
    const closed = join(places.directory, 'closed');
    const child = spawn(process.execPath, ['-e', server, closed], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [port] = (await once(child.stdout, 'data')) as [Buffer];
      const baseURL = `http://127.0.0.1:${port.toString().trim()}/v1`;
      const ask = fetchFor({ model: 'm', baseURL, apiKey: 'none' }, send);
      const answer = async (): Promise<string> =>
        webResponse(await ask(baseURL, { method: 'POST', body: '{}' })).text();
      expect(await answer()).toBe('answer');
      // Not before a later turn is a connection used again.
      await sleep(20);
      // What blocks, as execFileSync() does: nothing else of this process goes on.
      while (!existsSync(closed));
      expect(await answer()).toBe('answer');
    } finally {
      child.kill('SIGKILL');
    }
  },
);
