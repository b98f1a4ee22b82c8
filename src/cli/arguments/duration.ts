import { InvalidArgumentError } from 'commander';
import { maxTimerMs } from '../../pattern/constraints';

const unitMs = { s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of a text such as `90s`, `30m` or `1.5h`. A parser for options of commander. */
export function parseDuration(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * unitMs[unit as keyof typeof unitMs];
  if (ms >= 1 && ms <= maxTimerMs) return ms;
  throw new InvalidArgumentError('It must be a number with s, m or h, such as 90s, 30m or 1h; at most 596h.');
}

/** A duration as text for people: `90 s`, `30 min`, `1 h`. */
export function describeDuration(ms: number): string {
  if (ms >= 2 * unitMs.h || ms === unitMs.h) return `${shortNumber(ms / unitMs.h)} h`;
  if (ms >= 2 * unitMs.m) return `${shortNumber(ms / unitMs.m)} min`;
  return `${shortNumber(ms / unitMs.s)} s`;
}

function shortNumber(value: number): string {
  return String(Number(value.toFixed(1)));
}
