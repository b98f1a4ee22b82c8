import type { Json } from '../../../src/base/json';
import { callTranscripts, type CallTranscript } from '../../../src/evals/transcripts/call-transcript';
import { madeCall, type MadeCall, type MadeCallFacts } from '../../../src/evals/transcripts/made-call';
import type { CallBodies } from '../../../src/pattern/model-calls';

/** A call of a chat completion. */
export function chatCall(bodies: CallBodies | undefined, facts: Partial<MadeCallFacts> = {}): MadeCall {
  return madeCall(
    { resource: 'm', at: 1_767_225_600_000, ms: 5, path: '/chat/completions', status: 200, ...facts },
    bodies,
  );
}

export type CalledTool = readonly [name: string, given: string, id?: string | undefined];

/** An answer that calls tools. */
export function callingTools(...calls: readonly CalledTool[]): Json {
  const tools = calls.map(([name, given, id]) => ({
    ...(id !== undefined && { id }),
    type: 'function',
    function: { name, arguments: given },
  }));
  return { choices: [{ message: { role: 'assistant', content: null, tool_calls: tools } }] };
}

export function saying(text: string): Json {
  return { choices: [{ message: { role: 'assistant', content: text } }] };
}

/** The calls of an agent whose answers have called these tools, one after the other. */
export function toolsCalled(...calls: readonly (readonly [name: string, given: string])[]): CallTranscript[] {
  return callTranscripts(
    calls.map((call) => chatCall({ request: { messages: [] }, answer: callingTools(call) })),
  );
}
