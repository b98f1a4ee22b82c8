import { isObject } from '../../base/json';
import { fields, fits, list, number, object, optional, text, type Check } from './field-checks';
import type { LogRecord } from './log-record';

/**
 * What makes the JSON of a line no record: the path of the field, such as `scores[0].value`, or an empty text
 * if it has no fields; undefined for a record. A file of that name may hold anything, and readers trust the
 * types.
 */
export function wrongField(line: unknown): string | undefined {
  if (!isObject(line)) return '';
  const type = line['type'] as LogRecord['type'];
  return Object.hasOwn(checks, type) ? checks[type](line)?.slice(1) : 'type';
}

const score = fields({ name: text, value: fits((value) => value !== undefined) });
const call = fields({ resource: text, ms: number, cost: optional(number) });

const checks: Readonly<Record<LogRecord['type'], Check>> = {
  header: fields({
    ...{ run: text, at: text, file: text, title: text, name: text, model: text, code: text },
    ...{ dataset: object, options: object, packages: object },
  }),
  sample: fields({
    id: text,
    trial: fits(Number.isInteger),
    index: number,
    input: fits((value) => value !== undefined),
    scores: list(score),
    durationMs: number,
    error: optional(object),
    calls: optional(list(call)),
  }),
  unattributed: fields({ call }),
  restart: fields({}),
  cut: fields({}),
  footer: fields({
    status: text,
    dropped: fits(Array.isArray),
    summary: fields({
      scores: fits(Array.isArray),
      spent: optional(fields({ now: number, total: number })),
    }),
    worst: fits(Array.isArray),
    gate: fields({ reasons: fits(Array.isArray) }),
  }),
};
