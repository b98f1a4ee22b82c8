import { validJson, type JsonSchema } from '../../../src/evals/scorers/valid-json';

const person = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  additionalProperties: false,
};

test('an answer is JSON that fits the schema', () => {
  expect(validJson('{"name": "Emma", "age": 7}', person)).toEqual({ name: 'validJson', value: true });
  expect(validJson(' [1]\n', {}).value).toBe(true);
});

test('all that does not fit is named', () => {
  expect(validJson('{"age": 1.5}', person)).toEqual({
    name: 'validJson',
    value: false,
    metadata: { problem: "must have required property 'name'; /age must be integer" },
  });
});

test.each(['', '{', "{'a': 1}", '```json\n{}\n```', '{} is it'])('%j is no JSON', (answer) => {
  const score = validJson(answer, {});
  expect(score.value).toBe(false);
  expect(score.metadata?.['problem']).toMatch(/JSON|position/);
});

test('the draft is that of $schema', () => {
  const pair = { type: 'array', prefixItems: [{ type: 'number' }], items: false };
  const $schema = 'https://json-schema.org/draft/2020-12/schema';
  expect(validJson('[1]', { $schema, ...pair }).value).toBe(true);
  expect(validJson('["a"]', { $schema, ...pair }).value).toBe(false);
  expect(() => validJson('[1]', pair)).toThrow('validJson: strict mode: unknown keyword: "prefixItems".');
});

test('two schemas may have the same $id, and a schema may come in a new object each time', () => {
  const schema = (type: string): JsonSchema => ({ $id: 'https://example.com/answer', type });
  for (let i = 0; i < 3; i += 1) {
    expect(validJson('1', schema('number')).value).toBe(true);
    expect(validJson('1', schema('string')).value).toBe(false);
  }
});

test('more schemas than are kept are still right', () => {
  for (let i = 0; i < 130; i += 1) expect(validJson(String(i), { const: i }).value).toBe(true);
  expect(validJson('1', { const: 0 }).value).toBe(false);
});

test.each<[unknown, string]>([
  [{ type: 'nothing' }, 'schema is invalid'],
  [{ properties: { mail: { type: 'string', format: 'email' } } }, 'unknown format "email"'],
  [undefined, 'expected is undefined; it must be a JSON schema, {} for any JSON.'],
  ['{}', 'expected is a string; it must be'],
  [[], 'expected is an array; it must be'],
])('the schema %j is refused: no answer could be judged by it', (schema, message) => {
  expect(() => validJson('{}', schema as JsonSchema)).toThrow(message);
});
