import type { Json } from '../../base/json';

// Types, not interfaces: all of these are kept as JSON.

/** A text. `cut` is how many characters of it were left out where it was kept; absent for a whole one. */
export type TextPart = {
  readonly type: 'text' | 'reasoning' | 'refusal';
  readonly text: string;
  readonly cut?: number;
};

/** A call of a tool that a model asks for. */
export type ToolCallPart = {
  readonly type: 'toolCall';
  /** The name of this call, which its result repeats; absent if the server gives none. */
  readonly id?: string;
  readonly name: string;
  /** As the model wrote them: a JSON text, if it is right. */
  readonly arguments: string;
  readonly cut?: number;
};

/** What a tool has given back. */
export type ToolResultPart = {
  readonly type: 'toolResult';
  readonly id?: string;
  /** The name of the tool, where the request says it. */
  readonly name?: string;
  readonly parts: readonly ContentPart[];
  readonly isError?: true;
};

/** An image, a sound, a file or a vector: never itself, but its hash and its size, or its address. */
export type MediaPart = {
  readonly type: 'image' | 'audio' | 'file' | 'embedding';
  readonly mediaType?: string;
  readonly sha256?: string;
  readonly bytes?: number;
  /** Without its query, which often is a key to it. */
  readonly url?: string;
  /** Of a vector. */
  readonly dimensions?: number;
};

/** What is none of these, as it came. */
export type OtherPart = { readonly type: 'other'; readonly json: Json };

export type ContentPart = TextPart | MediaPart | OtherPart;
export type MessagePart = ContentPart | ToolCallPart | ToolResultPart;

/** A message to a model, or of one, in the same form for every API. */
export type CallMessage = {
  /** `system`, `developer`, `user`, `assistant`, `tool`; `unknown` for what could not be read. */
  readonly role: string;
  readonly parts: readonly MessagePart[];
};

/** A tool that a model may call. */
export type CallTool = {
  readonly name: string;
  readonly description?: string;
  /** The schema of its arguments; of a tool of the server, how it is set up. */
  readonly parameters?: Json;
};

/** What was said in one call. */
export type Conversation = {
  /** The name of the model that was asked for. */
  readonly model?: string;
  /** The name of the model that answered, as the server says it. */
  readonly answeredBy?: string;
  /** All that was sent, the earlier turns of the conversation included. */
  readonly messages: readonly CallMessage[];
  readonly tools: readonly CallTool[];
  /** The other fields of the request, such as `temperature`. */
  readonly options: Readonly<Record<string, Json>>;
  /** Absent if there was none. */
  readonly answer?: CallMessage;
  /** Further answers, where several were asked for. */
  readonly otherAnswers?: readonly CallMessage[];
};
