import { isObject } from '../../base/json';
import type { LogRecord } from './log-record';

/** Finds the path, such as `[2].name`, to what is wrong in a value: empty for the value itself. */
type Check = (value: unknown) => string | undefined;

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

const text = fits((value) => typeof value === 'string');
const number = fits(Number.isFinite);
const object = fits(isObject);
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

function fits(holds: (value: unknown) => boolean): Check {
  return (value) => (holds(value) ? undefined : '');
}

function optional(check: Check): Check {
  return (value) => (value === undefined ? undefined : check(value));
}

function fields(of: Readonly<Record<string, Check>>): Check {
  const all = Object.entries(of);
  return (value) => {
    if (!isObject(value)) return '';
    for (const [name, check] of all) {
      const path = check(value[name]);
      if (path !== undefined) return `.${name}${path}`;
    }
    return undefined;
  };
}

function list(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return '';
    for (const [index, item] of value.entries()) {
      const path = check(item);
      if (path !== undefined) return `[${index}]${path}`;
    }
    return undefined;
  };
}
