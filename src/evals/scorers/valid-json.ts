import type { ErrorObject, ValidateFunction } from 'ajv';
import { messageOf } from '../../pattern/errors';
import { kindOf } from '../kind-of';
import { requireText } from './require-text';
import { defineScorer } from './define-scorer';

/** A JSON schema. `{}` allows all JSON. */
export type JsonSchema = boolean | Readonly<Record<string, unknown>>;

/**
 * Whether the answer is JSON that fits a JSON schema: nothing but JSON, so not within a code fence or with words around it. The
 * schema is of draft 7, or of draft 2019-09 or 2020-12 if its `$schema` says so. The metadata has the `problem` of a wrong answer.
 *
 * @throws ModelProviderError `SCORER_FAILED` for a schema that is wrong, has unknown keywords, or demands a `format`, which is not
 *   checked.
 * @example
 * validJson(reply.text, { type: 'object', required: ['city'], properties: { city: { type: 'string' } } });
 */
export const validJson = defineScorer('validJson', (answer: string, expected: JsonSchema) => {
  const validate = compiled(expected);
  const parsed = parse(requireText('the answer', answer));
  if ('problem' in parsed) return { value: false, metadata: parsed };
  if (validate(parsed.value)) return true;
  return { value: false, metadata: { problem: (validate.errors ?? []).map(describe).join('; ') } };
});

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

// By its text: a schema is often written where it is used, and is a new object for each sample then.
function compiled(schema: unknown): ValidateFunction {
  if (typeof schema !== 'boolean' && (typeof schema !== 'object' || schema === null || Array.isArray(schema)))
    throw new TypeError(`expected is ${kindOf(schema)}; it must be a JSON schema, {} for any JSON`);
  const key = JSON.stringify(schema);
  const known = validators.get(key);
  if (known !== undefined) return known;
  if (validators.size >= mostCompiled) validators.clear();
  const validate = compile(schema as JsonSchema);
  validators.set(key, validate);
  return validate;
}

function compile(schema: JsonSchema): ValidateFunction {
  const draft = typeof schema === 'object' ? String(schema['$schema']) : '';
  // Loaded here, not at the top: it is large, and few specs need it.
  /* eslint-disable @typescript-eslint/no-require-imports */
  const { default: Ajv } = /\b20(19-09|20-12)\b/.test(draft)
    ? (require('ajv/dist/2020') as typeof import('ajv/dist/2020'))
    : (require('ajv') as typeof import('ajv'));
  /* eslint-enable @typescript-eslint/no-require-imports */
  // One for each schema, for two schemas may have the same $id. Type unions and open tuples are right schemas.
  return new Ajv({ strictTypes: false, strictTuples: false, allErrors: true }).compile(schema);
}
