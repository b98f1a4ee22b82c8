import { chatTemplateOf } from '../../../../src/providers/embedded/tokenizer/chat-template';
import { readGgufHeader } from '../../../../src/providers/embedded/gguf/gguf';
import { expert, temporaryFiles, tinyModel } from '../tiny-model';

const files = temporaryFiles();
const chatMl = tinyModel({ metadata: { 'tokenizer.chat_template': "{{'<|im_start|>' + message['role']}}" } });

describe.each([
  [
    'the template of this package’s models',
    chatTemplateOf(readGgufHeader(expert)),
    '<|system|>Be brief.<|end|><|user|>a\nb<|end|><|assistant|>c<|end|><|user|><|end|><|assistant|>',
  ],
  [
    'ChatML',
    chatTemplateOf(readGgufHeader(files.write('chatml.gguf', chatMl))),
    '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\na\nb<|im_end|>\n<|im_start|>assistant\nc<|im_end|>\n' +
      '<|im_start|>user\n<|im_end|>\n<|im_start|>assistant\n',
  ],
])('%s', (_, render, expected) => {
  it('renders roles and contents as llama-server does', () => {
    const parts = [{ type: 'text', text: 'a' } as const, { type: 'text', text: 'b' } as const];
    const prompt = render([
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: parts },
      { role: 'assistant', content: 'c' },
      { role: 'user', content: '' },
    ]);
    expect(prompt).toBe(expected);
  });
});
