import type { ErrorObject, ValidateFunction } from 'ajv';
import { requireActual } from '../../base/actual';
import { messageOf } from '../../base/errors';
import { isObject, parsedJson, showValue } from '../../base/json';
import { kindOf } from '../../base/kind-of';
import { requireKnown } from '../../base/require-known';
import { answerText, type ReasoningChoice } from './texts/answer-text';
import { defineScorer } from './define-scorer';
import { withDistinctIntegers } from './texts/distinct-integers';

/**
 * A JSON schema, or its text, of which numbers are compared to the digit: an object cannot hold ids of 64 bits.
 * `{}` allows all JSON.
 */
export type JsonSchema = boolean | Readonly<Record<string, unknown>> | string;

/** A JSON schema, and how an answer is read. */
export interface ExpectedJson extends ReasoningChoice {
  readonly schema: JsonSchema;
  /** Whether JSON may stand in the answer's only code fence, with words around it; false by default. */
  readonly fences?: boolean;
}

/**
 * Whether the answer is JSON that fits a JSON schema: nothing but JSON, so not within a code fence or with
 * words around it, unless you give `{ schema, fences: true }`; reasoning before it does not count. The schema is of draft 7, or of draft 2019-09 or 2020-12 if its `$schema` says so. The
 * metadata has the `problem` of a wrong answer.
 *
 * @throws ModelProviderError `SCORER_FAILED` for a schema that is wrong, has unknown keywords, or demands a
 *   `format`, which is not checked.
 * @example
 * validJson(reply.text, { type: 'object', required: ['city'], properties: { city: { type: 'string' } } });
 * validJson(reply.text, { schema: { type: 'object' }, fences: true });
 */
export const validJson = defineScorer('validJson', (answer: string, expected: JsonSchema | ExpectedJson) => {
  const { schema, fences = false, ...options } = expectedJson(expected);
  requireSchema(schema);
  const given = answerText(answer, options);
  const text = fences ? withinFence(given) : given;
  const parsed = parse(text);
  if ('problem' in parsed) return { value: false, metadata: parsed };
  const [schemaText, value] =
    typeof schema === 'string' ? toTheDigit(schema, text) : [JSON.stringify(schema), parsed.value];
  const validate = compiled(schemaText);
  if (validate(value)) return true;
  return { value: false, metadata: { problem: (validate.errors ?? []).map(describe).join('; ') } };
});

function requireSchema(given: JsonSchema): void {
  const schema: unknown = typeof given === 'string' ? parsedJson(given) : given;
  if (typeof schema === 'boolean' || isObject(schema)) return;
  const found = typeof given === 'string' ? showValue(given) : kindOf(given);
  throw new TypeError(`expected is ${found}; it must be a JSON schema or its text, {} for any JSON`);
}

/** A schema and an answer, both as texts, in which no two integers are one. */
function toTheDigit(schemaText: string, answer: string): [string, unknown] {
  const [schema = '', json = ''] = withDistinctIntegers([schemaText, answer]);
  return [schema, JSON.parse(json)];
}

/** No schema has a keyword `schema`. */
function expectedJson(expected: unknown): ExpectedJson {
  if (typeof expected !== 'object' || expected === null || !('schema' in expected))
    return { schema: expected as JsonSchema };
  requireKnown(expected, ['schema', 'fences', 'reasoning']);
  const { fences } = expected as { fences?: unknown };
  if (fences !== undefined && typeof fences !== 'boolean')
    throw new TypeError(`fences is ${kindOf(fences)}; it must be true or false`);
  return expected as unknown as ExpectedJson;
}

/** The inside of the only code fence of a text; else the text. */
function withinFence(text: string): string {
  const [only, ...others] = text.matchAll(/^[ \t]*```[^\n`]*\n([^]*?)^[ \t]*```[ \t]*$/gm);
  return only?.[1] === undefined || others.length > 0 ? text : only[1];
}

function parse(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function describe({ instancePath, message }: ErrorObject): string {
  return `${instancePath} ${message ?? 'does not fit'}`.trim();
}

const mostCompiled = 100;
const validators = new Map<string, ValidateFunction>();

// By its text: a schema that is written inside a sample's function is a new object for each sample.
function compiled(text: string): ValidateFunction {
  const known = validators.get(text);
  if (known !== undefined) return known;
  if (validators.size >= mostCompiled) validators.clear();
  const validate = compile(JSON.parse(text) as Exclude<JsonSchema, string>);
  validators.set(text, validate);
  return validate;
}

function compile(schema: Exclude<JsonSchema, string>): ValidateFunction {
  const draft = typeof schema === 'object' ? String(schema['$schema']) : '';
  // Loaded when needed: it is large, and few specs need it.
  const { default: Ajv } = /\b20(19-09|20-12)\b/.test(draft)
    ? (requireActual('ajv/dist/2020') as typeof import('ajv/dist/2020'))
    : (requireActual('ajv') as typeof import('ajv'));
  // An Ajv for each schema: two schemas may have the same $id. Type unions and open tuples are valid schemas.
  return new Ajv({ strictTypes: false, strictTuples: false, allErrors: true }).compile(schema);
}
