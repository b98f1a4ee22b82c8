// Checked by the compiler, as clients.test.ts is: programs may mix the types of this package and of the SDK.
import type OpenAI from 'openai';
import type {
  ChatCompletionMessage,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat/completions';
import type {
  ChatCompletion,
  ChatMessage,
  Generation,
  ModelClient,
  OpenAIClient,
  PromptMessage,
  Tool,
} from 'jest-model-provider';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<_Proof extends true>(): void {}

test('where the SDK is installed, `.openai` is its client', () => {
  expectType<Equal<ModelClient['openai'], OpenAI>>();
  expectType<Equal<OpenAIClient, OpenAI>>();
});

/** Never called: only its types matter. */
export async function prompts(
  client: ModelClient,
  sdk: { messages: ChatCompletionMessageParam[]; tools: ChatCompletionTool[]; answer: ChatCompletionMessage },
  own: { messages: ChatMessage[]; tools: Tool[] },
): Promise<void> {
  await client.generate([...sdk.messages, sdk.answer, { role: 'user', content: 'And then?' }], {
    tools: sdk.tools,
  });
  const { raw } = await client.generate(own.messages, { tools: own.tools });
  const [choice] = raw.choices;
  if (choice === undefined) return;
  for (const call of choice.message.tool_calls ?? [])
    if (call.type === 'function') own.messages.push({ role: 'tool', tool_call_id: call.id, content: '7' });
  await client.openai.chat.completions.create({ model: client.model, ...own });
  own.messages.push(choice.message, sdk.answer);
  await client.generate([
    { role: 'user', content: [{ type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } }] },
  ]);
  // @ts-expect-error there is no such role
  await client.generate([{ role: 'somebody', content: 'Hi' }]);
  // @ts-expect-error a tool has a type
  await client.generate('Hi', { tools: [{ function: { name: 'weather' } }] });
}

/** Never called. */
export function answers(sdk: OpenAI.ChatCompletion, own: ChatCompletion): [Generation['raw'], object] {
  const theirs: OpenAI.ChatCompletion = own;
  const messages: PromptMessage[] = [own.choices[0]!.message, sdk.choices[0]!.message];
  return [sdk, [theirs, messages]];
}
