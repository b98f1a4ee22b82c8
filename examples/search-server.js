// A small search server: GET /?q=words finds lines, POST / adds one. Its only argument is a file of lines.
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');

const lines = readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean);

const server = createServer(async (request, response) => {
  if (request.method === 'POST') {
    let text = '';
    for await (const chunk of request) text += chunk;
    lines.push(text);
    response.writeHead(204).end();
    return;
  }
  const words = (new URL(request.url, 'http://localhost').searchParams.get('q') ?? '')
    .toLowerCase()
    .split(/\s+/);
  const found = lines.filter((line) => words.every((word) => line.toLowerCase().includes(word)));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(found));
});

server.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});
