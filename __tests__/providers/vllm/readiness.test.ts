/** @jest-environment jest-model-provider/environment */
import { closeSessionsAfterEach } from '../../fixtures/private-session';
import { FakeVllm, type RefusedStart } from './fake-vllm';

closeSessionsAfterEach();

const vllm = new FakeVllm();
afterAll(() => vllm.remove());

// Servers that look ready and are not: each has been seen in the wild.
const impostors: readonly RefusedStart[] = [
  {
    title: 'a server that is healthy without a model',
    switches: ['--fake-health-early', '--fake-load-ms', '600000', '--fake-silent'],
    options: { startStallMs: 1500 },
    message: [
      'SETUP_STALLED: vllm:DIR/a: The server made no progress for 2 s while waiting for model list (HTTP 503).',
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-health-early --fake-load-ms 600000 --fake-silent',
      'It printed nothing.',
    ],
  },
  {
    title: 'a server that lists its model while it loads',
    switches: ['--fake-models-early', '--fake-load-ms', '600000', '--fake-silent'],
    options: { startStallMs: 1500 },
    message: [
      'SETUP_STALLED: vllm:DIR/a: The server made no progress for 2 s while waiting for health (HTTP 503).',
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-models-early --fake-load-ms 600000 --fake-silent',
      'It printed nothing.',
    ],
  },
  {
    title: 'a server that is healthy and lists its model, but cannot answer',
    switches: ['--fake-models-early', '--fake-health-early', '--fake-load-ms', '600000', '--fake-silent'],
    options: { startStallMs: 1500 },
    message: [
      'SETUP_STALLED: vllm:DIR/a: The server made no progress for 2 s while waiting for first token (HTTP 503).',
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-models-early --fake-health-early --fake-load-ms 600000 --fake-silent',
      'It printed nothing.',
    ],
  },
  {
    title: 'a stranger that serves the same model',
    switches: ['--fake-lists', 'a'],
    message: [
      'SETUP_FAILED: vllm:DIR/a: Another server answers on port PORT: it does not list the model "a" of this launch.',
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-lists a',
      'Its last lines:',
      '  | INFO:     Application startup complete.',
    ],
  },
  {
    title: 'a server that answers with another model',
    switches: ['--fake-answers', 'b'],
    message: [
      'SETUP_FAILED: vllm:DIR/a: The server on port PORT answers with the model "b" instead of "a".',
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-answers b',
      'Its last lines:',
      '  | INFO:     Application startup complete.',
    ],
  },
  {
    title: 'an engine that hangs behind a healthy server',
    switches: ['--fake-hang', '1'],
    options: { startStallMs: 1500 },
    message: [
      'SETUP_STALLED: vllm:DIR/a: the engine answers nothing, although its server says that it is healthy (the server made no progress for 2 s while waiting for first token (no answer within 1500 ms)).',
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-hang 1',
      'Its last lines:',
      '  | INFO:     Application startup complete.',
      'What to do: See its lines above; raise startStallMs if its first answer only takes long.',
    ],
  },
  {
    title: 'a stranger that listens on the same port',
    switches: ['--fake-twin'],
    message: [
      'SETUP_FAILED: vllm:DIR/a: Another server answers on port PORT: it does not know this launch\'s name of the model "a".',
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-twin',
      'Its last lines:',
      '  | INFO:     Application startup complete.',
    ],
  },
  {
    title: 'a server that is healthy while it loads, and then dies',
    switches: [
      '--fake-health-early',
      '--fake-load-ms',
      '200',
      '--fake-silent',
      '--fake-exit',
      'SIGILL',
      '--fake-when',
      'ready',
    ],
    message: [
      'SETUP_FAILED: vllm:DIR/a: this vLLM was built for another processor (the server was ended by SIGILL before it was ready).',
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-health-early --fake-load-ms 200 --fake-silent --fake-exit SIGILL --fake-when ready',
      'Its last lines:',
      '  | INFO:     Application startup complete.',
      'What to do: Install a build for this machine.',
    ],
  },
  {
    title: 'a server that says it loads, and then dies',
    switches: ['--fake-load-ms', '200', '--fake-silent', '--fake-exit', 'SIGILL', '--fake-when', 'ready'],
    message: [
      'SETUP_FAILED: vllm:DIR/a: this vLLM was built for another processor (the server was ended by SIGILL before it was ready).',
      'Command: DIR/vllm serve DIR/a --host 127.0.0.1 --port PORT --served-model-name a NONCE --fake-load-ms 200 --fake-silent --fake-exit SIGILL --fake-when ready',
      'Its last lines:',
      '  | INFO:     Application startup complete.',
      'What to do: Install a build for this machine.',
    ],
  },
];

test.each(impostors)('not ready is $title', async ({ switches, options, message }) => {
  expect((await vllm.refused(switches, options)).split('\n')).toEqual(message);
});

test.each([
  ['lists its model', ['--fake-models-early']],
  ['is healthy', ['--fake-health-early']],
  ['is healthy and lists its model', ['--fake-models-early', '--fake-health-early']],
])('a server that %s while it loads is waited for until it answers', async (_title, switches) => {
  const provider = await vllm.provider([...switches, '--fake-load-ms', '300']);
  const { client } = await provider.setup(vllm.model('a'));
  expect((await client.generate('Hi')).text).toBe('Hello from a');
});
