// A model server that answers each chat completion after as many milliseconds as its argument says.
import { createServer } from 'node:http';

const delayMs = Number(process.argv[2]);
const answer = JSON.stringify({
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'x'.repeat(200) } }],
  usage: { prompt_tokens: 20, completion_tokens: 50, total_tokens: 70 },
});
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const send = () => response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    if (delayMs === 0) send();
    else setTimeout(send, delayMs);
  });
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit());
