import { mapTexts } from '../../base/json';
import { holdsSecret, redact } from '../../base/secrets';
import type { LogRecord } from './log-record';
import type { LogName } from './log-path';
import type { Provenance } from './provenance';
import type { TranscriptRecord } from './transcript-record';

// Fields whose keys are not this package's.
const open = new Set([
  ...['config', 'identity', 'input', 'log', 'metadata', 'options', 'others'],
  ...['json', 'parameters'],
]);

/**
 * The record of a line without secrets; undefined if the line has none. A sample says whose secrets were taken
 * out, as does a transcript.
 *
 * @param line the record as JSON: secrets are searched for in all of it at once, since most lines have none.
 */
export function recordWithoutSecrets(line: string): LogRecord | TranscriptRecord | undefined {
  if (!holdsSecret(line)) return undefined;
  const found = new Set<string>();
  const record = withoutSecrets(JSON.parse(line) as LogRecord | TranscriptRecord, found);
  if (found.size === 0) return undefined;
  return record.type === 'sample' || record.type === 'trial'
    ? { ...record, redacted: [...found].sort() }
    : record;
}

/** What a log is found by, as the log has it. */
export function withoutSecrets<T extends LogRecord | TranscriptRecord | LogName | Provenance>(
  facts: T,
  found?: Set<string>,
): T {
  return mapTexts(
    facts,
    (text) => redact(text, found),
    (key) => open.has(key),
  );
}
