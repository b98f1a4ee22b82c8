import type { Json } from '../../base/json';
import { cappedJson, cappedMessage, cappedTexts, cappedTool } from './caps';
import type { CallMessage, CallTool, Conversation } from './conversation';
import type { MadeCall, MadeCallFacts } from './made-call';

/** What was said in the calls of one trial. A turn of a conversation that many calls repeat is kept once. */
export type TrialTranscript = {
  /** All messages of the calls, each once. */
  readonly messages: readonly CallMessage[];
  readonly tools: readonly CallTool[];
  /** In the order in which they ended. */
  readonly calls: readonly KeptCall[];
};

/** A call whose messages and tools are the numbers of those of its trial. */
export type KeptCall = Omit<MadeCallFacts, 'reasoning'> & {
  /** Absent where it is not known what was said. */
  readonly messages?: readonly number[];
  readonly tools?: readonly number[];
  readonly answer?: number;
  readonly otherAnswers?: readonly number[];
  readonly model?: string;
  readonly answeredBy?: string;
  readonly options?: Readonly<Record<string, Json>>;
  /** Where no answer has it. */
  readonly reasoning?: string;
};

/** The calls of a trial as a transcript keeps them, each text of a limited length. */
export function transcriptOf(made: readonly MadeCall[]): TrialTranscript {
  const messages = new Table(cappedMessage);
  const tools = new Table(cappedTool);
  const calls = made.map((call): KeptCall => {
    const { reasoning, ...facts } = call.facts;
    const said = call.conversation();
    if (said === undefined) return cappedTexts(call.facts);
    const { answer, otherAnswers, model, answeredBy, options } = said;
    return cappedTexts({
      ...facts,
      ...(model !== undefined && { model }),
      ...(answeredBy !== undefined && { answeredBy }),
      messages: said.messages.map((message) => messages.numberOf(message)),
      ...(said.tools.length > 0 && { tools: said.tools.map((tool) => tools.numberOf(tool)) }),
      ...(Object.keys(options).length > 0 && { options: cappedOptions(options) }),
      ...(answer === undefined
        ? reasoning !== undefined && { reasoning }
        : { answer: messages.numberOf(answer) }),
      ...(otherAnswers !== undefined && {
        otherAnswers: otherAnswers.map((message) => messages.numberOf(message)),
      }),
    });
  });
  return { messages: messages.all, tools: tools.all, calls };
}

/** The calls that were kept. */
export function madeCallsOf({ messages, tools, calls }: TrialTranscript): MadeCall[] {
  const at = <T>(all: readonly T[], numbers: readonly number[] = []): T[] =>
    numbers.flatMap((number) => all[number] ?? []);
  return calls.map((call) => {
    const { messages: said, tools: given, answer, otherAnswers, model, answeredBy, options, ...facts } = call;
    const [first] = answer === undefined ? [] : at(messages, [answer]);
    const conversation: Conversation | undefined =
      said === undefined
        ? undefined
        : {
            ...(model !== undefined && { model }),
            ...(answeredBy !== undefined && { answeredBy }),
            messages: at(messages, said),
            tools: at(tools, given),
            options: options ?? {},
            ...(first !== undefined && { answer: first }),
            ...(otherAnswers !== undefined && { otherAnswers: at(messages, otherAnswers) }),
          };
    return { facts, conversation: () => conversation };
  });
}

/** Values that get the numbers of those that are equal to them. */
class Table<T> {
  readonly all: T[] = [];
  readonly #capped: (value: T) => T;
  readonly #numbers = new Map<string, number>();

  constructor(capped: (value: T) => T) {
    this.#capped = capped;
  }

  numberOf(value: T): number {
    const given = this.#capped(value);
    const text = JSON.stringify(given);
    const capped = cappedTexts(given, text);
    const key = capped === given ? text : JSON.stringify(capped);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.all.length);
    return this.all.push(capped) - 1;
  }
}

function cappedOptions(options: Conversation['options']): Conversation['options'] {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, cappedJson(value)]));
}
