import { invalidParameter } from './api-error';
import type { JsonObject } from './request-body';

/**
 * Readers of single request parameters. An absent parameter and `null` are the same, as in the OpenAI API.
 * All throw an `ApiError` with status 400 that names the parameter.
 */

/** A number from `min` to `max`, both included. */
export function readNumber(body: JsonObject, name: string, min: number, max: number): number | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw invalidParameter(name, `has to be a number from ${min} to ${max}`);
}

/** An integer from `min` to `max`, both included. */
export function readInteger(body: JsonObject, name: string, min: number, max: number): number | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw invalidParameter(name, `has to be an integer from ${min} to ${max}`);
}

export function readBoolean(body: JsonObject, name: string): boolean | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalidParameter(name, 'has to be true or false');
}

const mostStops = 4;
const longestStop = 1000;

/** The `stop` parameter: a string or up to four, none of them empty. */
export function readStop(body: JsonObject): readonly string[] {
  const value = body['stop'] ?? [];
  const stops: unknown[] = Array.isArray(value) ? value : [value];
  const valid = stops.every((stop) => typeof stop === 'string' && stop !== '' && stop.length <= longestStop);
  if (valid && stops.length <= mostStops) return stops as string[];
  throw invalidParameter(
    'stop',
    `has to be a string of 1 to ${longestStop} characters, or an array of at most ${mostStops} of them`,
  );
}
