import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepSecret } from '../../src/base/secrets';
import type { IgnoredPart, RecordingMode } from '../../src/pattern/recording-mode';
import type { RecordedAnswer } from '../../src/pattern/recordings';
import { FileRecordings } from '../../src/recordings/file-recordings';
import { ownPlaces } from '../support/own-places';
import { thrown } from '../support/thrown';

const places = ownPlaces();
const ref = { provider: 'fake', name: 'm' };
const whole = { isWhole: true, failed: [] };
const evaluation = { name: 'fake:m adds', title: 'adds' };
const present = {
  identity: { weights: 'w1' },
  connection: { baseURL: 'http://127.0.0.1:4321/v1', apiKey: 'a-key-of-the-server', model: 'm' },
  facts: { command: '/opt/bin/llama-server --port 4321', startMs: 12 },
};

const folder = (): string => join(places.directory, '__recordings__', 'a.eval.ts');
const files = (): string[] => (existsSync(folder()) ? readdirSync(folder()) : []);
const text = (): string =>
  files()
    .map((file) => readFileSync(join(folder(), file), 'utf8'))
    .join('');

let test_ = 'a test';
function recordings(
  mode: RecordingMode,
  more: { ignore?: IgnoredPart[]; identity?: string } = {},
): FileRecordings {
  const file = join(places.directory, 'a.eval.ts');
  const made = new FileRecordings(
    { mode, ignore: more.ignore ?? [] },
    { file: () => file, test: () => test_ },
  );
  made.announce(evaluation);
  if (mode !== 'replay') made.present(ref, { ...present, identity: { weights: more.identity ?? 'w1' } });
  return made;
}

const request = (content: string) => ({
  ...{ method: 'POST', path: '/chat/completions', contentType: 'application/json' },
  body: Buffer.from(JSON.stringify({ messages: [{ content }] })),
});
const answer = (said: string, more: Partial<RecordedAnswer> = {}): RecordedAnswer => ({
  ...{ status: 200, contentType: 'text/plain', isPart: false, pieces: [Buffer.from(said)] },
  ...more,
});
const said = (answered: RecordedAnswer | undefined): string | undefined =>
  answered && Buffer.concat(answered.pieces).toString();

/** Makes the calls of one trial, answers what is not recorded, and returns all answers. */
function trial(
  made: FileRecordings,
  sample: string,
  calls: readonly (readonly [asked: string, live: string])[],
) {
  const work = made.begin({ ...evaluation, sample, trial: 0 });
  const answers = calls.map(([asked, live]) => {
    const call = made.call(ref, request(asked), work);
    if (call.answer === undefined) call.keep(answer(live));
    return said(call.answer) ?? (call.miss === undefined ? `live ${live}` : 'miss');
  });
  made.commit(work, true);
  return { answers, work };
}

function record(calls: readonly (readonly [asked: string, live: string])[] = [['hello', 'one']]): void {
  const made = recordings('record');
  trial(made, 's1', calls);
  made.write(evaluation, [ref], whole);
}

test('what was recorded is replayed, equal calls in their order', () => {
  record([
    ['hello', 'one'],
    ['hello', 'two'],
    ['bye', 'three'],
  ]);
  const replay = recordings('replay');
  expect(
    trial(replay, 's1', [
      ['bye', ''],
      ['hello', ''],
      ['hello', ''],
      ['hello', ''],
    ]).answers,
  ).toEqual([...['three', 'one', 'two', 'miss']]);
});

test('trials and samples have calls of their own', () => {
  const made = recordings('record');
  for (const sample of ['s1', 's2']) trial(made, sample, [['hello', `to ${sample}`]]);
  made.write(evaluation, [ref], whole);
  const replay = recordings('replay');
  expect(trial(replay, 's2', [['hello', '']]).answers).toEqual(['to s2']);
  expect(trial(replay, 's1', [['hello', '']]).answers).toEqual(['to s1']);
  expect(trial(replay, 's3', [['hello', '']]).answers).toEqual(['miss']);
});

test('a call that was not kept does not count among the equal ones', () => {
  const made = recordings('record');
  const work = made.begin({ ...evaluation, sample: 's1', trial: 0 });
  made.call(ref, request('hello'), work).keep(answer('overloaded', { status: 503 }));
  made.call(ref, request('hello'), work).keep(answer('one'));
  made.commit(work, true);
  made.write(evaluation, [ref], whole);
  expect(trial(recordings('replay'), 's1', [['hello', '']]).answers).toEqual(['one']);
});

test.each([200, 201, 204, 400, 404, 410, 422])('an answer with %d is kept', (status) => {
  const made = recordings('record');
  const work = made.begin({ ...evaluation, sample: 's1', trial: 0 });
  made.call(ref, request('hello'), work).keep(answer('x', { status }));
  made.commit(work, true);
  made.write(evaluation, [ref], whole);
  expect(text()).toContain(`"status":${status}`);
});

test.each([302, 401, 402, 403, 408, 409, 425, 429, 500, 503])('an answer with %d is not kept', (status) => {
  const made = recordings('record');
  const work = made.begin({ ...evaluation, sample: 's1', trial: 0 });
  made.call(ref, request('hello'), work).keep(answer('x', { status }));
  made.commit(work, true);
  made.write(evaluation, [ref], whole);
  expect(text()).not.toContain('"status"');
});

test('an attempt that does not count leaves nothing', () => {
  const made = recordings('record');
  const work = made.begin({ ...evaluation, sample: 's1', trial: 0 });
  made.call(ref, request('hello'), work).keep(answer('of the first try'));
  trial(made, 's1', [['hello', 'of the second']]);
  made.write(evaluation, [ref], whole);
  expect(trial(recordings('replay'), 's1', [['hello', '']]).answers).toEqual(['of the second']);
});

test('what an attempt with an error has not come to stays, and what a whole one has not called goes', () => {
  record([
    ['hello', 'one'],
    ['and then', 'two'],
  ]);
  const again = (isWhole: boolean): (string | undefined)[] => {
    const made = recordings('auto');
    const work = made.begin({ ...evaluation, sample: 's1', trial: 0 });
    made.call(ref, request('hello'), work);
    made.commit(work, isWhole);
    made.write(evaluation, [ref], whole);
    return trial(recordings('replay'), 's1', [['and then', '']]).answers;
  };
  expect(again(false)).toEqual(['two']);
  expect(again(true)).toEqual(['miss']);
});

test('auto asks what is not recorded, and records it', () => {
  record();
  const auto = recordings('auto');
  expect(
    trial(auto, 's1', [
      ['hello', 'new'],
      ['hi', 'two'],
    ]).answers,
  ).toEqual(['one', 'live two']);
  auto.write(evaluation, [ref], whole);
  expect(
    trial(recordings('replay'), 's1', [
      ['hello', ''],
      ['hi', ''],
    ]).answers,
  ).toEqual(['one', 'two']);
});

test('record asks everything anew, and keeps what did not run', () => {
  const made = recordings('record');
  for (const sample of ['s1', 's2']) trial(made, sample, [['hello', 'old']]);
  made.write(evaluation, [ref], whole);
  const again = recordings('record');
  expect(trial(again, 's1', [['hello', 'new']]).answers).toEqual(['live new']);
  again.write(evaluation, [ref], whole);
  const replay = recordings('replay');
  expect(trial(replay, 's1', [['hello', '']]).answers).toEqual(['new']);
  expect(trial(replay, 's2', [['hello', '']]).answers).toEqual(['old']);
});

test('what another identity has answered is a miss where the resource is there', () => {
  record();
  const auto = recordings('auto', { identity: 'w2' });
  expect(trial(auto, 's1', [['hello', 'by w2']]).answers).toEqual(['live by w2']);
  auto.write(evaluation, [ref], whole);
  const replay = recordings('replay');
  expect(replay.identityOf(evaluation, ref)).toEqual({ weights: 'w2' });
  expect(trial(replay, 's1', [['hello', '']]).answers).toEqual(['by w2']);
});

test('a secret in config or identity is no reason for a miss, and another one is none either', () => {
  const secrets = ['first-secret-of-a-config', 'second-secret-of-a-config'] as const;
  for (const secret of secrets) keepSecret('a config', secret);
  const file = join(places.directory, 'a.eval.ts');
  const asked = (mode: RecordingMode, secret: string): string | undefined => {
    const made = new FileRecordings({ mode, ignore: [] }, { file: () => file, test: () => 'a test' });
    const secretRef = { ...ref, config: { url: `http://u:${secret}@127.0.0.1` } };
    if (mode === 'replay') made.leaseOf(secretRef);
    else made.present(secretRef, { ...present, identity: { url: secret } });
    const work = made.begin({ ...evaluation, sample: 's1', trial: 0 });
    const call = made.call(secretRef, request('hello'), work);
    call.keep(answer('recorded'));
    made.commit(work, true);
    made.write(evaluation, [secretRef], whole);
    return said(call.answer);
  };
  expect(asked('record', secrets[0])).toBeUndefined();
  expect(asked('auto', secrets[0])).toBe('recorded');
  expect(asked('auto', secrets[1])).toBe('recorded');
  expect(asked('replay', secrets[1])).toBe('recorded');
});

test('a replayed resource has connection, identity and facts of its recording, and nothing of the machine', async () => {
  record();
  const replay = recordings('replay');
  const lease = replay.leaseOf(ref);
  expect(lease.connection).toEqual({ baseURL: 'http://127.0.0.1/v1', apiKey: 'none', model: 'm' });
  expect(lease.facts).toEqual({ command: 'llama-server', startMs: 0, replayed: true });
  await lease.release();
  expect(replay.identityOf(evaluation, ref)).toEqual({ weights: 'w1' });
  expect(text()).not.toMatch(/4321|a-key-of|\/opt/);
});

test('a resource or an evaluation without a recording says what to do', () => {
  record();
  const replay = recordings('replay');
  expect(thrown(() => replay.leaseOf({ provider: 'fake', name: 'other' }))).toMatchObject({
    code: 'RECORDING_MISSING',
    message: expect.stringMatching(
      /^There is no recording of "fake:other" .*EVALS_RECORDINGS=record/,
    ) as string,
  });
  expect(thrown(() => replay.leaseOf({ ...ref, config: { size: 1 } }))).toMatchObject({
    code: 'RECORDING_MISSING',
  });
  expect(thrown(() => replay.identityOf({ name: 'other', title: 'other' }, ref))).toMatchObject({
    code: 'RECORDING_MISSING',
  });
});

test('a miss shows what differs from the most similar call', () => {
  record([
    ['quite another thing', 'zero'],
    ['hello', 'one'],
  ]);
  const replay = recordings('replay');
  const { work } = trial(replay, 's1', [['hello!', '']]);
  expect(work.miss).toMatchObject({ code: 'RECORDING_MISSING' });
  expect(work.miss?.message.split('\n')).toEqual([
    'There is no recording of POST /chat/completions to "fake:m" for sample s1, trial 0, of "adds": record it with EVALS_RECORDINGS=record, where the resource is.',
    'What differs from the most similar call that is recorded:',
    '  body.messages[0].content: recorded "hello", now "hello!"',
  ]);
  const { work: again } = trial(replay, 's1', [
    ['hello', ''],
    ['hello', ''],
  ]);
  expect(again.miss?.message).toContain('It is recorded once, and was made again.');
});

test('ignored parts are ignored in replay as well', () => {
  const ignore = [{ pattern: String.raw`\d+`, flags: '' }];
  const made = recordings('record', { ignore });
  trial(made, 's1', [['at 12', 'one']]);
  made.write(evaluation, [ref], whole);
  expect(trial(recordings('replay', { ignore }), 's1', [['at 13', '']]).answers).toEqual(['one']);
  expect(trial(recordings('replay'), 's1', [['at 13', '']]).answers).toEqual(['miss']);
});

test('a test has a recording of its own, written when a lease ends', () => {
  test_ = 'fake:m a plain test';
  const made = recordings('record');
  made.call(ref, request('hello'), undefined).keep(answer('plain'));
  made.call(ref, request('hello'), undefined, 'another test').keep(answer('of another'));
  expect(files()).toEqual([]);
  made.writeTests(ref);
  expect(files()).toHaveLength(2);
  const replay = recordings('replay');
  expect(said(replay.call(ref, request('hello'), undefined).answer)).toBe('plain');
  expect(said(replay.call(ref, request('hello'), undefined, 'another test').answer)).toBe('of another');
});

test('auto takes nothing out of the recording of a test, which may not have made all its calls', () => {
  test_ = 'fake:m a plain test';
  const made = recordings('record');
  for (const asked of ['first', 'second'])
    made.call(ref, request(asked), undefined).keep(answer(`recorded ${asked}`));
  made.writeTests(ref);
  const auto = recordings('auto');
  expect(said(auto.call(ref, request('first'), undefined).answer)).toBe('recorded first');
  // One of its leases has ended.
  auto.writeTests(ref);
  expect(said(auto.call(ref, request('second'), undefined).answer)).toBe('recorded second');
  const failed = recordings('auto');
  failed.call(ref, request('first'), undefined);
  failed.writeTests(ref);
  expect(said(recordings('replay').call(ref, request('second'), undefined).answer)).toBe('recorded second');
});

test('calls of no sample are in the recording of their evaluation, and written with it alone', () => {
  test_ = evaluation.name;
  const made = recordings('record');
  made.call(ref, request('hello'), undefined).keep(answer('of nobody'));
  trial(made, 's1', [['hello', 'of s1']]);
  made.writeTests(ref);
  expect(files()).toEqual([]);
  made.write(evaluation, [ref], whole);
  expect(files()).toHaveLength(1);
  const replay = recordings('replay');
  expect(said(replay.call(ref, request('hello'), undefined).answer)).toBe('of nobody');
  expect(trial(replay, 's1', [['hello', '']]).answers).toEqual(['of s1']);
});

test('an evaluation that has called nothing can be replayed', () => {
  const made = recordings('record');
  made.write(evaluation, [ref], whole);
  const replay = recordings('replay');
  expect(replay.leaseOf(ref)).toMatchObject({ facts: { replayed: true } });
  expect(replay.identityOf(evaluation, ref)).toEqual({ weights: 'w1' });
});

test('the same calls are the same file, in whatever order they ended', () => {
  const calls = (['a', 'b', 'c'] as const).map((asked) => [asked, `to ${asked}`] as const);
  record(calls);
  const first = text();
  const made = recordings('record');
  trial(made, 's1', [...calls].reverse());
  made.write(evaluation, [ref], whole);
  expect(text()).toBe(first);
  expect(files()).toHaveLength(1);
});

test('a damaged recording is said by file and line, and nothing is lost', () => {
  record();
  const [file = ''] = files();
  const path = join(folder(), file);
  const damaged = `${readFileSync(path, 'utf8')}<<<<<<< ours\n`;
  writeFileSync(path, damaged);
  for (const mode of ['record', 'auto', 'replay'] as const) {
    const { work } = trial(recordings(mode), 's1', [['hello', '']]);
    expect(work.miss).toMatchObject({ code: 'RECORDING_INVALID', details: { path, line: 3 } });
  }
  expect(readFileSync(path, 'utf8')).toBe(damaged);
});

test('a recording that cannot be written is an error that names it', () => {
  mkdirSync(join(places.directory, '__recordings__'));
  writeFileSync(folder(), 'a file where the folder should be');
  const made = recordings('record');
  expect(thrown(() => made.write(evaluation, [ref], whole))).toMatchObject({ code: 'RECORDING_INVALID' });
});
