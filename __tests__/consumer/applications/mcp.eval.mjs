import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { exactMatch, foreach, Result, withClient } from 'jest-model-provider';

const serverPath = fileURLToPath(new URL('mcp-server.mjs', import.meta.url));
const capitals = [
  ['France', 'Paris'],
  ['Norway', 'Oslo'],
];

withClient(['embedded:expert'], () => {
  foreach('country, capital', capitals, async ({ country, capital }, { connection, env }) => {
    const client = new Client({ name: 'evals', version: '1.0.0' });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [serverPath, connection.model],
        env: { ...process.env, ...env },
      }),
    );
    try {
      const { content } = await client.callTool({ name: 'capital', arguments: { country } });
      return new Result(content[0].text, exactMatch(content[0].text, capital));
    } finally {
      await client.close();
    }
  });
});
