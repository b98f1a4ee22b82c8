import { isObject } from '../../base/json';
import type { CallRecord } from './log-record';

/**
 * A line of schema 1 as one of today. There the calls of a trial were one sum, and those of the model alone:
 * as many calls that took equally long, the first of which has all tokens, have the same sums.
 *
 * @param model the label of the model, which the header above the line names.
 */
export function fromSchema1(record: unknown, model: string): unknown {
  if (!isObject(record) || !isObject(record['calls'])) return record;
  const { count, latencyMs, promptTokens, completionTokens } = record['calls'];
  const sums = [count, latencyMs, promptTokens, completionTokens];
  // What is no sum stays, and is no record then.
  if (!sums.every(Number.isFinite) || !(Number.isInteger(count) && Number(count) > 0)) return record;
  const calls = Array.from({ length: Number(count) }, (_, index): CallRecord => ({
    resource: model,
    ms: Number(latencyMs) / Number(count),
    usage:
      index === 0
        ? { promptTokens: Number(promptTokens), completionTokens: Number(completionTokens) }
        : { promptTokens: 0, completionTokens: 0 },
  }));
  return { ...record, calls };
}
