import type { ExpectedToolCall } from '../../../src/evals/scorers/expected-tool-call';
import { toolCall, type ToolCallAnswer } from '../../../src/evals/scorers/tool-call';

function calling(...calls: [name: string, args: string][]): ToolCallAnswer {
  const tool_calls = calls.map(([name, args]) => ({ type: 'function', function: { name, arguments: args } }));
  return { choices: [{ message: { tool_calls } }] };
}

const weather = { name: 'weather', arguments: { city: 'Oslo', days: [1, 2], unit: { of: 'C' } } };

test('a call has the name and the arguments, in any order of the keys', () => {
  const answer = calling(['weather', '{"unit": {"of": "C"}, "days": [1, 2], "city": "Oslo"}']);
  expect(toolCall(answer, weather)).toEqual({ name: 'toolCall', value: true });
});

test.each<[string, ToolCallAnswer]>([
  ['another name', calling(['forecast', JSON.stringify(weather.arguments)])],
  ['another value', calling(['weather', '{"city":"Rome","days":[1,2],"unit":{"of":"C"}}'])],
  ['another order of a list', calling(['weather', '{"city":"Oslo","days":[2,1],"unit":{"of":"C"}}'])],
  ['one argument more', calling(['weather', '{"city":"Oslo","days":[1,2],"unit":{"of":"C"},"x":1}'])],
  ['a number as a text', calling(['weather', '{"city":"Oslo","days":["1",2],"unit":{"of":"C"}}'])],
  ['no JSON', calling(['weather', '{"city":"Oslo"'])],
  ['no call', calling()],
  [
    'the call twice',
    calling(...[1, 2].map((): [string, string] => ['weather', JSON.stringify(weather.arguments)])),
  ],
])('%s is wrong', (_what, answer) => {
  expect(toolCall(answer, weather).value).toBe(false);
});

test('the calls of a wrong answer are told as they were written', () => {
  expect(toolCall(calling(['weather', '{"city":']), weather).metadata).toEqual({
    calls: [{ name: 'weather', arguments: '{"city":' }],
  });
});

test('without arguments any are right', () => {
  expect(toolCall(calling(['now', '{"zone":"CET"}']), { name: 'now' }).value).toBe(true);
  expect(toolCall(calling(['now', '{"zone":']), { name: 'now' }).value).toBe(true);
});

test('an empty text is a call without arguments', () => {
  expect(toolCall(calling(['now', '']), { name: 'now', arguments: {} }).value).toBe(true);
});

test('several calls come in any order, and one that takes any arguments takes no other’s', () => {
  const expected: ExpectedToolCall[] = [
    { name: 'weather' },
    { name: 'weather', arguments: { city: 'Oslo' } },
  ];
  const oslo: [string, string] = ['weather', '{"city":"Oslo"}'];
  const rome: [string, string] = ['weather', '{"city":"Rome"}'];
  expect(toolCall(calling(oslo, rome), expected).value).toBe(true);
  expect(toolCall(calling(rome, oslo), expected).value).toBe(true);
  expect(toolCall(calling(rome, rome), expected).value).toBe(false);
  expect(toolCall(calling(oslo), expected).value).toBe(false);
});

test.each([undefined, null, []])('an empty list expects no call: %j is none', (tool_calls) => {
  expect(toolCall({ choices: [{ message: { tool_calls } }] }, []).value).toBe(true);
  expect(toolCall(calling(['now', '{}']), []).value).toBe(false);
});

test.each<[unknown, unknown, string]>([
  [
    'text',
    { name: 'now' },
    'toolCall: the answer is a string; it must be a reply of generate(), or a chat completion such as reply.raw.',
  ],
  [
    { toolCalls: [{ toolName: 'now', input: {} }] },
    { name: 'now' },
    'toolCall: a call of the answer is {"toolName":"now","input":{}}; it must be { name, arguments, written }',
  ],
  [calling(), 'now', 'toolCall: expected is a string; it must be { name, arguments }, or a list of them.'],
  [calling(), { name: 'now', argument: {} }, 'there is no option argument; did you mean arguments.'],
  [calling(), undefined, 'toolCall: expected is undefined; it must be'],
])('%j for %j is refused', (answer, expected, message) => {
  expect(() => toolCall(answer as ToolCallAnswer, expected as ExpectedToolCall)).toThrow(message);
});

describe('arguments that are expected as a text', () => {
  const post = (args: string): ExpectedToolCall => ({ name: 'post', arguments: args });

  test.each([
    ['{"id": 9007199254740993, "to": "a"}', '{"to":"a","id":9007199254740993}', true],
    ['{"id": 9007199254740993}', '{"id": 9007199254740992}', false],
    ['{"id": 9007199254740992}', '{"id": 9007199254740993}', false],
    ['{"id": [{"n": 1}]}', '{"id": [{"n": 1.0}]}', true],
    ['{"id": 1e3}', '{"id": 1000}', true],
    ['{"id": 1000}', '{"id": "1000"}', false],
    ['{"id": 0.30000000000000004}', '{"id": 0.3}', false],
    ['{"id": -0}', '{"id": 0}', true],
    ['{"id": 1e400}', '{"id": 1e401}', false],
    ['{}', '', true],
    ['{"id": 1}', '{"id": 1', false],
    ['{"\\u0061": 1}', '{"a": 1}', true],
  ])('are compared to the digit: %s with %s is %p', (expected, made, isRight) => {
    expect(toolCall(calling(['post', made]), post(expected)).value).toBe(isRight);
  });

  test.each<[unknown, string]>([
    ['{"id":', 'the expected arguments are "{\\"id\\":"; as a text they must be a JSON object'],
    ['[1]', 'the expected arguments are "[1]"; as a text'],
    [null, 'the expected arguments are null; they must be an object, or its JSON text'],
    [[1], 'the expected arguments are an array; they must be'],
  ])('%j are refused', (given, message) => {
    expect(() => toolCall(calling(), { name: 'post', arguments: given as string })).toThrow(message);
  });
});
