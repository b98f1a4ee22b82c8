import { chatTemplateOf, type ChatTemplate } from '../tokenizer/chat-template';
import { readGgufHeader } from '../gguf/gguf';
import { LlamaModel } from '../network/llama-model';
import { readLlamaParameters } from '../network/llama-parameters';
import { readLlamaWeights } from '../network/llama-weights';
import { createTokenizer, type Tokenizer } from '../tokenizer/tokenizer';

/** A loaded model with its tokenizer and chat template. */
export interface Engine {
  readonly tokenizer: Tokenizer;
  readonly model: LlamaModel;
  readonly renderChat: ChatTemplate;
}

/**
 * Loads a model file for generation, giving the event loop turns meanwhile.
 *
 * @throws `GGUF_INVALID` when the file is broken or not supported, with file and problem in the first line
 * @example
 * const engine = await loadEngine('models/expert.gguf');
 * const prompt = engine.tokenizer.encode(engine.renderChat([{ role: 'user', content: '2 + 3' }]));
 */
export async function loadEngine(path: string): Promise<Engine> {
  const header = readGgufHeader(path);
  const tokenizer = createTokenizer(header);
  const renderChat = chatTemplateOf(header);
  const parameters = readLlamaParameters(header, tokenizer.vocabulary.size);
  return {
    tokenizer,
    renderChat,
    model: new LlamaModel(parameters, await readLlamaWeights(header, parameters)),
  };
}
