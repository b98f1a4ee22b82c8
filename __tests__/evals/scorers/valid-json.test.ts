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
  [undefined, 'expected is undefined; it must be a JSON schema or its text, {} for any JSON.'],
  ['{"type":', 'expected is "{\\"type\\":"; it must be a JSON schema or its text'],
  ['[]', 'expected is "[]"; it must be'],
  [[], 'expected is an array; it must be'],
])('the schema %j is refused: no answer could be judged by it', (schema, message) => {
  expect(() => validJson('{}', schema as JsonSchema)).toThrow(message);
});

describe('a schema that is a text', () => {
  const big = (keyword: string, value: string): string => `{"properties": {"id": {"${keyword}": ${value}}}}`;

  test.each([
    ['const', '9007199254740993', '9007199254740993', true],
    ['const', '9007199254740993', '9007199254740992', false],
    ['const', '9007199254740992', '9007199254740993', false],
    ['const', '9007199254740993', '9007199254740993.0', true],
    ['const', '9007199254740993', '9.007199254740993e15', true],
    ['const', '-9007199254740993', '-9007199254740992', false],
    ['const', '1000', '1e3', true],
    ['enum', '[9007199254740992, 9007199254740994]', '9007199254740993', false],
    ['enum', '[9007199254740992, 9007199254740993]', '9007199254740993', true],
    ['maximum', '9007199254740992', '9007199254740993', false],
    ['minimum', '9007199254740993', '9007199254740992', false],
    ['minimum', '-9007199254740993', '-9007199254740993', true],
    ['type', '"integer"', '9007199254740993', true],
    ['const', '12345678901234567890', '12345678901234567891', false],
  ])('compares to the digit: %s %s for %s is %p', (keyword, value, id, isRight) => {
    expect(validJson(`{"id": ${id}}`, big(keyword, value)).value).toBe(isRight);
  });

  test('is read as the object would be', () => {
    expect(validJson('{"age": 1.5}', JSON.stringify(person))).toEqual(validJson('{"age": 1.5}', person));
    expect(validJson('1', { schema: 'true' }).value).toBe(true);
  });
});
