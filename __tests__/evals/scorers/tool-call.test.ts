import { toolCall, type ExpectedToolCall, type ToolCallAnswer } from '../../../src/evals/scorers/tool-call';

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
    'toolCall: the answer is a string; it must be a chat completion, such as reply.raw.',
  ],
  [calling(), 'now', 'toolCall: expected is a string; it must be { name, arguments }, or a list of them.'],
  [calling(), { name: 'now', argument: {} }, 'there is no option argument; did you mean arguments.'],
  [calling(), undefined, 'toolCall: expected is undefined; it must be'],
])('%j for %j is refused', (answer, expected, message) => {
  expect(() => toolCall(answer as ToolCallAnswer, expected as ExpectedToolCall)).toThrow(message);
});
