import type { CallBodies, CallFacts } from '../../pattern/model-calls';
import type { Conversation } from './conversation';
import { readConversation } from './read-conversation';

/** What is known of a call besides what was said in it. */
export type MadeCallFacts = CallFacts & {
  /** The label of the resource that was asked; its spec if no block around the evaluation leases it. */
  readonly resource: string;
  /** Milliseconds since 1970, at its begin. */
  readonly at: number;
};

/** A call that a sample has made, or had made when it was kept. */
export interface MadeCall {
  readonly facts: MadeCallFacts;
  /** What was said; undefined where that is not known. */
  conversation(): Conversation | undefined;
}

/** A call whose bodies are read when somebody wants to know them, and once. */
export function madeCall(facts: MadeCallFacts, bodies: CallBodies | undefined): MadeCall {
  let read: Conversation | undefined;
  return {
    facts,
    conversation: () => (read ??= bodies === undefined ? undefined : readConversation(facts.path, bodies)),
  };
}
