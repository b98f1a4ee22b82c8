import type { LogRecord } from './log-record';

type Fields = Readonly<Record<string, unknown>>;

/** Whether a line of JSON is one of a log: a file of the same name may be anything, and what is missing would be found out late. */
export function isRecord(value: unknown): value is LogRecord {
  if (!isObject(value)) return false;
  const check = checks[value['type'] as LogRecord['type']] as ((fields: Fields) => boolean) | undefined;
  return check?.(value) === true;
}

const checks: Readonly<Record<LogRecord['type'], (fields: Fields) => boolean>> = {
  header: ({ run, at, file, title, name, model, code, dataset, options, packages }) =>
    [run, at, file, title, name, model, code].every((text) => typeof text === 'string') &&
    [dataset, options, packages].every(isObject),
  sample: ({ id, trial, index, input, scores, durationMs, error, calls }) =>
    typeof id === 'string' &&
    Number.isInteger(trial) &&
    [index, durationMs].every(Number.isFinite) &&
    input !== undefined &&
    Array.isArray(scores) &&
    scores.every(isScored) &&
    [error, calls].every((facts) => facts === undefined || isObject(facts)),
  restart: () => true,
  cut: () => true,
  footer: ({ status, dropped, summary, worst, gate }) =>
    typeof status === 'string' &&
    Array.isArray(dropped) &&
    isObject(summary) &&
    Array.isArray(summary['scores']) &&
    Array.isArray(worst) &&
    isObject(gate) &&
    Array.isArray(gate['reasons']),
};

function isScored(score: unknown): boolean {
  return isObject(score) && typeof score['name'] === 'string' && score['value'] !== undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
