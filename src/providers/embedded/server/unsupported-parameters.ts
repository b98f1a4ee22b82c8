import { invalidParameter } from './api-error';
import { isJsonObject, type JsonObject } from './request-body';

const isZero = (value: unknown): boolean => value === 0;
const isOne = (value: unknown): boolean => value === 1;
const isFalse = (value: unknown): boolean => value === false;
const isEmpty = (value: unknown): boolean =>
  value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
const isTextFormat = (value: unknown): boolean => isJsonObject(value) && value['type'] === 'text';
const isNoChoice = (value: unknown): boolean => value === 'none' || value === 'auto';

/**
 * Parameters that would change the answer and that this server does not implement, each with the values that
 * ask for nothing. Ignoring such a parameter would give an evaluation a result for another request than it
 * made.
 */
const neutralValues: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: isOne,
  best_of: isOne,
  echo: isFalse,
  suffix: isEmpty,
  logit_bias: isEmpty,
  presence_penalty: isZero,
  frequency_penalty: isZero,
  repeat_penalty: isOne,
  repetition_penalty: isOne,
  min_p: isZero,
  tools: isEmpty,
  tool_choice: isNoChoice,
  functions: isEmpty,
  function_call: isNoChoice,
  response_format: isTextFormat,
  grammar: isEmpty,
  json_schema: isEmpty,
};

/**
 * @throws an `ApiError` with status 400 when a request asks for something that this server does not implement
 */
export function refuseUnsupported(body: JsonObject): void {
  for (const [name, isNeutral] of Object.entries(neutralValues)) {
    const value = body[name] ?? undefined;
    if (value === undefined || isNeutral(value)) continue;
    const problem =
      name === 'n' ? 'has to be 1: this server gives one answer' : 'is not supported by this server';
    throw invalidParameter(name, problem, 'unsupported_parameter');
  }
}
