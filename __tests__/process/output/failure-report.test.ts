import { failureMessage, type FailedStart } from '../../../src/process/output/failure-report';

const failed: FailedStart = {
  title: 'llama:model.gguf',
  reason: 'The server exited with code 1 before it was ready',
  command: ['/usr/bin/llama-server', '-m', '/models/my model.gguf', '--alias', "it's"],
  logTail: ['loading', 'ggml: cannot allocate 12 GiB'],
  hints: [],
};

describe('the message of a failed start', () => {
  it('says reason, command and last lines', () => {
    expect(failureMessage(failed)).toBe(
      [
        'llama:model.gguf: The server exited with code 1 before it was ready.',
        `Command: /usr/bin/llama-server -m '/models/my model.gguf' --alias 'it'\\''s'`,
        'Its last lines:',
        '  | loading',
        '  | ggml: cannot allocate 12 GiB',
      ].join('\n'),
    );
  });

  it('begins with the cause where one is known, and ends with what to do', () => {
    const hints = [
      { pattern: /never printed/, cause: 'No', fix: 'No.' },
      { pattern: /cannot allocate (\d+) GiB/, cause: 'the model needs $1 GiB', fix: 'Take a smaller one.' },
      { pattern: /loading/, cause: 'No', fix: 'No.' },
    ];
    expect(failureMessage({ ...failed, hints })).toBe(
      [
        'llama:model.gguf: the model needs 12 GiB (the server exited with code 1 before it was ready).',
        `Command: /usr/bin/llama-server -m '/models/my model.gguf' --alias 'it'\\''s'`,
        'Its last lines:',
        '  | loading',
        '  | ggml: cannot allocate 12 GiB',
        'What to do: Take a smaller one.',
      ].join('\n'),
    );
  });

  it('may find the cause in how the server ended', () => {
    const hints = [{ pattern: /SIGILL/, cause: 'the processor lacks an instruction', fix: 'Build it here.' }];
    const reason = 'The server was ended by SIGILL before it was ready';
    expect(failureMessage({ ...failed, hints, reason }).split('\n')[0]).toBe(
      'llama:model.gguf: the processor lacks an instruction (the server was ended by SIGILL before it was ready).',
    );
  });

  it('says so when nothing was printed', () => {
    expect(failureMessage({ ...failed, logTail: [] })).toContain('\nIt printed nothing.');
  });
});
