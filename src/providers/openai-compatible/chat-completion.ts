// The chat completions of OpenAI's format, as far as more than one server has them. Assignable to the types of the
// official SDK and from them, so that programs may mix both: __tests__/types/chat-completion.test.ts.
// https://platform.openai.com/docs/api-reference/chat

interface TextPart {
  type: 'text';
  text: string;
}

interface RefusalPart {
  type: 'refusal';
  refusal: string;
}

interface ImagePart {
  type: 'image_url';
  image_url: { url: string; detail?: 'auto' | 'low' | 'high' };
}

interface AudioPart {
  type: 'input_audio';
  /** Base64. */
  input_audio: { data: string; format: 'wav' | 'mp3' };
}

interface FilePart {
  type: 'file';
  file: { file_data?: string; file_id?: string; filename?: string };
}

interface FunctionCall {
  name: string;
  /** JSON, as the model wrote it. */
  arguments: string;
}

interface FunctionToolCall {
  id: string;
  type: 'function';
  function: FunctionCall;
}

interface CustomToolCall {
  id: string;
  type: 'custom';
  custom: { name: string; input: string };
}

interface InstructionMessage {
  role: 'system' | 'developer';
  content: string | TextPart[];
  name?: string;
}

interface UserMessage {
  role: 'user';
  content: string | (TextPart | ImagePart | AudioPart | FilePart)[];
  name?: string;
}

interface AssistantMessage {
  role: 'assistant';
  content?: string | (TextPart | RefusalPart)[] | null;
  refusal?: string | null;
  tool_calls?: (FunctionToolCall | CustomToolCall)[];
  /** An earlier answer in sound. */
  audio?: { id: string } | null;
  /** Before there were tools. */
  function_call?: FunctionCall | null;
  name?: string;
}

interface ToolMessage {
  role: 'tool';
  content: string | TextPart[];
  tool_call_id: string;
}

interface FunctionMessage {
  role: 'function';
  content: string | null;
  name: string;
}

/**
 * A chat message in OpenAI's format; those of the official SDK are such messages, and these are theirs.
 *
 * @example
 * const messages: ChatMessage[] = [
 *   { role: 'system', content: 'Answer with a number.' },
 *   { role: 'user', content: 'What is 12 + 7?' },
 * ];
 */
export type ChatMessage = InstructionMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage;

/**
 * What a prompt may hold: also parts that are not among OpenAI's, or not yet, such as a video. The server judges
 * them.
 *
 * @example
 * const video = { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } };
 * await handle.client.generate([{ role: 'user', content: [video] }]);
 */
export type PromptMessage =
  ChatMessage | { role: 'user'; content: string | readonly object[]; name?: string };

interface FunctionTool {
  type: 'function';
  function: {
    name: string;
    description?: string;
    /** A JSON schema. */
    parameters?: { [keyword: string]: unknown };
    strict?: boolean | null;
  };
}

interface CustomTool {
  type: 'custom';
  custom: {
    name: string;
    description?: string;
    format?:
      { type: 'text' } | { type: 'grammar'; grammar: { definition: string; syntax: 'lark' | 'regex' } };
  };
}

/**
 * A tool that the model may call, in OpenAI's format; those of the official SDK are such tools, and these are
 * theirs.
 *
 * @example
 * const parameters = { type: 'object', properties: { city: { type: 'string' } } };
 * const tools: Tool[] = [{ type: 'function', function: { name: 'weather', parameters } }];
 */
export type Tool = FunctionTool | CustomTool;

interface TokenLogprob {
  token: string;
  logprob: number;
  /** In UTF-8; null for a token that is no text. */
  bytes: number[] | null;
  top_logprobs: { token: string; logprob: number; bytes: number[] | null }[];
}

interface ChatChoice {
  index: number;
  finish_reason: 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call';
  logprobs: { content: TokenLogprob[] | null; refusal: TokenLogprob[] | null } | null;
  message: {
    role: 'assistant';
    content: string | null;
    refusal: string | null;
    tool_calls?: (FunctionToolCall | CustomToolCall)[];
    function_call?: FunctionCall | null;
    audio?: {
      id: string;
      /** Base64. */
      data: string;
      /** Seconds of the Unix epoch. */
      expires_at: number;
      transcript: string;
    } | null;
    annotations?: {
      type: 'url_citation';
      url_citation: { url: string; title: string; start_index: number; end_index: number };
    }[];
  };
}

/**
 * A whole answer in OpenAI's format; those of the official SDK are such answers, and these are theirs. It is what
 * the format says of it: servers leave fields out, and add their own.
 *
 * @example
 * const { raw } = await handle.client.generate('2 + 3', { extra: { logprobs: true } });
 * const logprobs = raw.choices[0]?.logprobs?.content?.map(({ logprob }) => logprob);
 */
export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  /** Seconds of the Unix epoch. */
  created: number;
  model: string;
  choices: ChatChoice[];
  system_fingerprint?: string;
  usage?: {
    prompt_tokens: number;
    completion_tokens: number;
    total_tokens: number;
    prompt_tokens_details?: { cached_tokens?: number; audio_tokens?: number };
    completion_tokens_details?: {
      reasoning_tokens?: number;
      audio_tokens?: number;
      accepted_prediction_tokens?: number;
      rejected_prediction_tokens?: number;
    };
  };
}
