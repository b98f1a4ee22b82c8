import type { TrialTranscript } from '../transcripts/trial-transcript';
import { fields, fits, list, number, object, optional, text, whole, type Check } from './field-checks';
import type { CutRecord } from './log-record';

/** The version of the lines below. Later fields are optional, so that it stays. */
export const transcriptSchema = 1;

/** Begins a file of transcripts. */
export type TranscriptHeader = {
  readonly type: 'transcripts';
  readonly schema: number;
  readonly run: string;
  /** ISO 8601. */
  readonly at: string;
};

/** The calls of one trial of one sample, written before its line in the log, to which it belongs by these three. */
export type TrialRecord = TrialTranscript & {
  readonly type: 'trial';
  readonly id: string;
  readonly trial: number;
  /** Milliseconds since 1970, at the trial's begin. */
  readonly at: number;
  /** Whose secrets were taken out of this line. Absent without any. */
  readonly redacted?: readonly string[];
};

export type TranscriptRecord = TranscriptHeader | TrialRecord | CutRecord;

const part = fields({ type: text });
const message = fields({ role: text, parts: list(partOfMessage) });
const call = fields({
  ...{ resource: text, at: number, ms: number },
  messages: optional(list(whole)),
  tools: optional(list(whole)),
  answer: optional(whole),
  otherAnswers: optional(list(whole)),
  options: optional(object),
});

const checks: Readonly<Record<TranscriptRecord['type'], Check>> = {
  transcripts: fields({ schema: fits((value) => value === transcriptSchema) }),
  trial: fields({
    ...{ id: text, trial: whole, at: number },
    messages: list(message),
    tools: list(fields({ name: text })),
    calls: list(call),
  }),
  cut: fields({}),
};

/** What makes the JSON of a line no record, as `wrongField` says it of those of a log. */
export function wrongTranscriptField(line: unknown): string | undefined {
  const field = object(line);
  if (field !== undefined) return field;
  const { type } = line as { type: TranscriptRecord['type'] };
  return Object.hasOwn(checks, type) ? checks[type](line)?.slice(1) : 'type';
}

function partOfMessage(value: unknown): string | undefined {
  const wrong = part(value);
  if (wrong !== undefined) return wrong;
  const { type } = value as { type: string };
  return Object.hasOwn(parts, type) ? parts[type]?.(value) : undefined;
}

const said = fields({ text });
const parts: Readonly<Record<string, Check>> = {
  ...{ text: said, reasoning: said, refusal: said },
  toolCall: fields({ name: text, arguments: text }),
  toolResult: fields({ parts: list(partOfMessage) }),
};
