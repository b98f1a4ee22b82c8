import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { OpenAI } from 'openai';
import { z } from 'zod';

const model = process.argv[2];
const client = new OpenAI();
const server = new McpServer({ name: 'cities', version: '1.0.0' });

server.registerTool('capital', { inputSchema: { country: z.string() } }, async ({ country }) => {
  const messages = [{ role: 'user', content: `What is the capital of ${country}?` }];
  const { choices } = await client.chat.completions.create({ model, messages });
  return { content: [{ type: 'text', text: choices[0].message.content }] };
});

await server.connect(new StdioServerTransport());
