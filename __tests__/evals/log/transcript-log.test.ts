import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepSecret } from '../../../src/base/secrets';
import { transcriptsPath } from '../../../src/evals/log/log-path';
import { readTranscripts } from '../../../src/evals/log/read-transcripts';
import { TranscriptLog } from '../../../src/evals/log/transcript-log';
import type { TrialRecord } from '../../../src/evals/log/transcript-record';
import { callTranscripts } from '../../../src/evals/transcripts/call-transcript';
import type { MadeCall } from '../../../src/evals/transcripts/made-call';
import type { EvalRun } from '../../../src/pattern/eval-run';
import { chatCall, saying } from '../transcripts/calls';
import { sample } from './records';

let run: EvalRun;
let log: string;
let path: string;
beforeEach(() => {
  const directory = mkdtempSync(join(tmpdir(), 'transcripts of '));
  run = { directory, run: 'r' } as EvalRun;
  log = join(directory, 'sums.m.12345678.jsonl');
  path = transcriptsPath(log);
});
afterEach(() => rmSync(run.directory, { recursive: true }));

const answered = (text: string): MadeCall =>
  chatCall({ request: { messages: [{ role: 'user', content: '2 + 3' }] }, answer: saying(text) });

function keep(...kept: readonly (readonly [trial: number, at: number, text: string])[]): void {
  const file = new TranscriptLog(run, log);
  for (const [trial, at, text] of kept) file.keep(sample({ trial, at }), [answered(text)]);
  file.end();
}

function textAt(trial: number, at: number): string | undefined {
  const calls = readTranscripts(path).callsOf({ id: 'a', trial, at });
  return calls === undefined ? undefined : callTranscripts(calls)[0]?.text;
}

test('what is kept belongs to a trial of a sample by its begin: an earlier try is never taken for a later one', () => {
  keep([0, 1, 'first'], [1, 1, 'äöü 😀']);
  keep([0, 2, 'again'], [0, 2, 'written twice']);
  expect([textAt(0, 1), textAt(1, 1), textAt(0, 2)]).toEqual(['first', 'äöü 😀', 'written twice']);
  expect([textAt(0, 3), textAt(2, 1)]).toEqual([undefined, undefined]);
});

test.each([
  ['in its midst', (text: string) => text.slice(0, -20)],
  ['in its header', () => '{"type":"transc'],
  ['before anything was written', () => ''],
])('a file whose process was killed %s is continued behind its last whole line', (_when, torn) => {
  keep([0, 1, 'first'], [0, 2, 'second']);
  writeFileSync(path, torn(readFileSync(path, 'utf8')));
  keep([0, 3, 'third']);
  expect(textAt(0, 3)).toBe('third');
  expect(textAt(0, 2)).toBeUndefined();
});

test('no secret is kept: not whole, not where a text is cut in its midst, not as a key', () => {
  const secret = 'hunter2-hunter2';
  keepSecret('PASSWORD_OF_TEST', secret);
  const long = `${'x'.repeat(65_530)}${secret}`;
  const request = {
    messages: [
      { role: 'user', content: long },
      { role: 'user', content: [{ type: 'odd', [secret]: secret }] },
    ],
    metadata: { [secret]: secret },
    tools: [{ type: 'function', function: { name: 'look', parameters: { properties: { [secret]: {} } } } }],
  };
  const file = new TranscriptLog(run, log);
  file.keep(sample(), [chatCall({ request: request as never, answer: saying(`It is ${secret}.`) })]);
  file.end();
  const text = readFileSync(path, 'utf8');
  expect(text).not.toContain('hunter2');
  expect((JSON.parse(text.split('\n')[1] ?? '') as TrialRecord).redacted).toEqual(['PASSWORD_OF_TEST']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a file that somebody else changes meanwhile is said', () => {
  const file = new TranscriptLog(run, log);
  file.keep(sample(), [answered('5')]);
  appendFileSync(path, '{}\n');
  expect(() => file.end()).toThrow('was written by another program');
  file.close();
});

test.each([
  ['what is no JSON', 'text', 'line 1 is no line of them'],
  ['a line of a log', JSON.stringify(sample()), 'its header is missing'],
  ['a number', '7', 'it is a number'],
  ['another schema', '{"type":"transcripts","schema":9}', 'its field schema'],
  [
    'a trial without a header',
    '{"type":"trial","id":"a","trial":0,"at":1,"messages":[],"tools":[],"calls":[]}',
    'its header',
  ],
])('a file that begins with %s is refused, by readers and by writers', (_what, line, message) => {
  writeFileSync(path, `${line}\n`);
  expect(() => readTranscripts(path)).toThrow(message);
  expect(() => keep([0, 1, 'x'])).toThrow(message);
});

test.each([
  ['messages[0].parts[0].text', { messages: [{ role: 'user', parts: [{ type: 'text', text: 7 }] }] }],
  ['messages[0].parts[0].parts', { messages: [{ role: 'tool', parts: [{ type: 'toolResult' }] }] }],
  ['calls[0].resource', { calls: [{ ms: 1, at: 1 }] }],
  ['calls[0].messages[0]', { calls: [{ resource: 'm', ms: 1, at: 1, messages: ['0'] }] }],
])('a trial with a wrong field, %s, is refused by its line', (field, changes) => {
  const trial = { type: 'trial', id: 'a', trial: 0, at: 1, messages: [], tools: [], calls: [], ...changes };
  writeFileSync(path, `{"type":"transcripts","schema":1}\n${JSON.stringify(trial)}\n`);
  expect(() => readTranscripts(path)).toThrow(`line 2 is no line of them: its field ${field} is missing`);
});
