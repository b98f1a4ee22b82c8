import { currentTime } from './real-globals';

const dayMs = 86_400_000;
// Quotas of a month come back within this time. What is more is a mistake of the server.
const longestMs = 31 * dayMs;

/**
 * The milliseconds after which a server wants to be asked again, as its headers say: `retry-after-ms`,
 * `retry-after`, or, where those say nothing, the resets of the limits that are used up (`x-ratelimit-reset`,
 * `x-ratelimit-reset-requests`, `anthropic-ratelimit-tokens-reset` and the like). Seconds, durations such as
 * `6m0s`, dates and times since 1970 are read. Undefined if there is none, and for what cannot be meant: a
 * time that is over, nothing, or more than a month.
 *
 * https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 * https://platform.openai.com/docs/guides/rate-limits
 * https://docs.anthropic.com/en/api/rate-limits
 */
export function readRetryAfter(headers: Iterable<readonly [string, unknown]>): number | undefined {
  const said = new Map<string, string>();
  for (const [name, value] of headers)
    if (typeof value === 'string' || typeof value === 'number')
      said.set(name.toLowerCase(), String(value).trim());
  // A date is meant by the server's own clock.
  const now = dateIn(said.get('date') ?? '') ?? currentTime();
  const ms = plainNumber(said.get('retry-after-ms') ?? '');
  return sane(ms) ?? sane(msUntil(said.get('retry-after') ?? '', now)) ?? resetIn(said, now);
}

const reset = /^(?:x|anthropic)-ratelimit-(?:.+-)?reset(?:-.+)?$/;

/** The last reset of the limits of which nothing remains, or may remain. */
function resetIn(said: ReadonlyMap<string, string>, now: number): number | undefined {
  const resets: number[] = [];
  for (const [name, value] of said) {
    if (!reset.test(name)) continue;
    const remaining = plainNumber(said.get(name.replace('reset', 'remaining')) ?? '') ?? 0;
    const ms = sane(msUntil(value, now));
    // Azure's remains of −1 say nothing.
    if (ms !== undefined && remaining <= 0) resets.push(ms);
  }
  return resets.length === 0 ? undefined : Math.max(...resets);
}

function sane(ms: number | undefined): number | undefined {
  return ms !== undefined && ms > 0 && ms <= longestMs ? ms : undefined;
}

const secondsSince1970 = 1e9;
const millisecondsSince1970 = 1e12;

function msUntil(text: string, now: number): number | undefined {
  const number = plainNumber(text);
  if (number === undefined) {
    const date = dateIn(text);
    return date === undefined ? durationIn(text) : date - now;
  }
  if (number >= millisecondsSince1970) return number - now;
  return number >= secondsSince1970 ? number * 1000 - now : number * 1000;
}

function plainNumber(text: string): number | undefined {
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

const duration = /^(?:([\d.]+)d)?(?:([\d.]+)h)?(?:([\d.]+)m(?!s))?(?:([\d.]+)s)?(?:([\d.]+)ms)?$/;
const unitsMs = [dayMs, 3_600_000, 60_000, 1000, 1];

/** Of a duration as Go writes them: `6m0s`, `7.66s`, `12ms`. */
function durationIn(text: string): number | undefined {
  const parts = duration.exec(text)?.slice(1);
  if (text === '' || parts === undefined) return undefined;
  const ms = parts.reduce(
    (sum, part, index) => sum + Number((part as string | undefined) ?? 0) * (unitsMs[index] ?? 0),
    0,
  );
  return Number.isNaN(ms) ? undefined : ms;
}

// Date.parse() alone takes many a text for a date.
const dates = [
  /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/,
  /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/,
];
const asctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/**
 * Milliseconds since 1970 of a date as RFC 3339 writes it, or as RFC 9110 allows it.
 * https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats
 */
function dateIn(text: string): number | undefined {
  const parsed = Date.parse(
    asctime.test(text) ? `${text} GMT` : dates.some((date) => date.test(text)) ? text : '',
  );
  return Number.isNaN(parsed) ? undefined : parsed;
}
