import { isObject } from '../../base/json';
import type { LogRecord } from './log-record';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Whether the JSON of a line is a record: a file of that name may hold anything, and readers trust the types.
 */
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
    (error === undefined || isObject(error)) &&
    (calls === undefined || (Array.isArray(calls) && calls.every(isCall))),
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

function isCall(call: unknown): boolean {
  return isObject(call) && typeof call['resource'] === 'string' && Number.isFinite(call['ms']);
}

function isScored(score: unknown): boolean {
  return isObject(score) && typeof score['name'] === 'string' && score['value'] !== undefined;
}
