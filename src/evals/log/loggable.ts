import type { Json } from '../../pattern/json';
import { messageOf } from '../../pattern/errors';
import { canonicalJson } from '../data-sets/sample-id';
import type { SampleRecord } from './log-record';

/**
 * What the log can hold of a trial that JSON cannot, such as one with a BigInt or a circle. A row may be anything, so its input is
 * written as near as JSON comes; facts that `fn` gave and that cannot be written are an error of that sample.
 */
export function loggable(record: SampleRecord): SampleRecord {
  const near: SampleRecord = { ...record, input: JSON.parse(canonicalJson(record.input)) as Json };
  try {
    JSON.stringify(near);
    return near;
  } catch (error) {
    const { metadata: _metadata, log: _log, ...rest } = near;
    const message = `what it returned or logged is no JSON: ${messageOf(error).split('\n')[0] ?? ''}`;
    return { ...rest, scores: [], error: { kind: 'user', message } };
  }
}
