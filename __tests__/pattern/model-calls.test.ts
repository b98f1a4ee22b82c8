import { callAs, reportCall, type CallFacts, type ModelCall } from '../../src/pattern/model-calls';
import { OwnCaller } from './own-caller';

const context = { spec: 'mine:x', signal: new AbortController().signal };

function reported(facts: CallFacts): ModelCall[] {
  const caller = new OwnCaller();
  callAs(caller, () => reportCall(context, facts));
  return caller.calls;
}

test('a call of a client of one’s own is told with its resource and its lease', () => {
  const facts: CallFacts = {
    ...{ ms: 12.5, path: '/ask', status: 200, finishReason: 'stop', reasoning: 'hm', isEmpty: false },
    ...{ usage: { promptTokens: 3, completionTokens: 0 }, isRefused: true },
  };
  expect(reported(facts)).toEqual([{ spec: 'mine:x', lease: context.signal, facts }]);
  expect(reported({ ms: 0 })).toEqual([{ spec: 'mine:x', lease: context.signal, facts: { ms: 0 } }]);
});

test('what the caller does with the facts afterwards changes nothing', () => {
  const facts = { ms: 1 };
  const [call] = reported(facts);
  facts.ms = 2;
  expect(call?.facts.ms).toBe(1);
});

test('outside an evaluation it does nothing', () => {
  expect(() => reportCall(context, { ms: 1 })).not.toThrow();
});

test.each([undefined, {}, { resourceId: 'mine:x#1', spec: 'mine:x' }])(
  'the context %j is refused: no log could say whose the call was',
  (wrong) => {
    expect(() => reportCall(wrong as never, { ms: 1 })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('it must be the context that createClient was given') as string,
      }),
    );
  },
);

test.each<[object, string]>([
  [{}, 'reportCall(): ms is null; it must be a number of milliseconds.'],
  [{ ms: -1 }, 'reportCall(): ms is -1; it must be a number of milliseconds.'],
  [{ ms: NaN }, 'reportCall(): ms is NaN'],
  [{ ms: 1, usage: { promptTokens: 1 } }, 'it must be { promptTokens, completionTokens }, two whole numbers'],
  [{ ms: 1, usage: { promptTokens: '1', completionTokens: 2 } }, 'reportCall(): usage is'],
  [{ ms: 1, finishReason: null }, 'reportCall(): finishReason is null; it must be a text'],
  [{ ms: 1, tokens: 3 }, 'reportCall(): there is no option tokens'],
])('%j is refused: numbers that are none would spoil every sum', (facts, message) => {
  expect(() => reportCall(context, facts as CallFacts)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) as string }),
  );
});
