import type { Circus } from '@jest/types';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecordingMarks } from '../../preset/recording-marks';
import type { SpecClient } from '../../preset/spec-client';
import type { RecordingMode } from '../../src/pattern/recording-mode';
import type { RecordingUse } from '../../src/pattern/recording-use';
import { readMarks, type FileMarks } from '../../src/recordings/upkeep/file-marks';
import { ownPlaces } from '../support/own-places';

const places = ownPlaces();
const within = (...names: string[]): string => join(places.directory, ...names);

/** A block of tests, each with its state. */
function root(tests: Readonly<Record<string, 'passed' | 'failed' | 'skipped'>>): Circus.DescribeBlock {
  const top = { type: 'describeBlock', name: 'ROOT_DESCRIBE_BLOCK', children: [] as unknown[] };
  const block = { type: 'describeBlock', name: 'block', parent: top, children: [] as unknown[] };
  top.children.push(block);
  for (const [name, state] of Object.entries(tests))
    block.children.push({
      ...{ type: 'test', name, parent: block, errors: state === 'failed' ? [new Error('failed')] : [] },
      status: state === 'skipped' ? 'skip' : 'done',
    });
  return top as unknown as Circus.DescribeBlock;
}

function client(uses: readonly RecordingUse[], mode: RecordingMode = 'replay', project = ''): SpecClient {
  const evals = {
    run: 'mine',
    directory: within('.evals', 'mine'),
    root: places.directory,
    recordings: { mode },
  };
  return { evals, project, recordingUses: uses } as unknown as SpecClient;
}

const nothing: RecordingUse = { leased: [], evaluations: [], used: {} };

/** What a file leaves that has run. */
function left(given: SpecClient, ran: Circus.DescribeBlock, projectId = ''): readonly FileMarks[] {
  const marks = new RecordingMarks({ path: within('a.eval.js'), projectId }, given);
  marks.collected(ran);
  marks.leave(ran);
  return readMarks(within('.evals'));
}

beforeEach(() => mkdirSync(within('__recordings__', 'a.eval.js'), { recursive: true }));

test('all names are there, whether the tests ran or not; what passed is whole, and what failed is open', () => {
  const ran = root({ good: 'passed', bad: 'failed', left: 'skipped' });
  expect(left(client([nothing]), ran)).toMatchObject([
    {
      ...{ run: 'mine', file: 'a.eval.js', project: '' },
      names: ['', 'block', 'block good', 'block bad', 'block left'],
      ...{ whole: ['block good'], open: ['block bad'] },
    },
  ]);
});

test('an evaluation is as whole as it says, whatever became of its test', () => {
  const evaluations = [
    { name: 'block good', isWhole: false },
    { name: 'block bad', isWhole: true },
  ];
  const [marks] = left(client([{ ...nothing, evaluations }]), root({ good: 'passed', bad: 'failed' }));
  expect(marks).toMatchObject({ whole: ['block bad'], open: ['block good'] });
});

test('names have the project in front', () => {
  const [marks] = left(client([], 'record', 'one'), root({ good: 'passed' }));
  expect(marks).toMatchObject({
    project: 'one',
    names: ['one ', 'one block', 'one block good'],
    whole: ['one block good'],
  });
});

test('what several copies of the package have used adds up', () => {
  const attempt = (sample: string) => ({ sample, trial: 0 });
  const uses = [
    { leased: ['m'], evaluations: [], used: { 'a.jsonl': [attempt('x')] } },
    { leased: ['m', 'n'], evaluations: [], used: { 'a.jsonl': [attempt('y')], 'b.jsonl': [] } },
  ];
  expect(left(client(uses), root({}))).toMatchObject([
    { leased: ['m', 'n'], used: { 'a.jsonl': [attempt('x'), attempt('y')], 'b.jsonl': [] } },
  ]);
});

test('the next run of a project takes the place of the last one, beside those of other projects', () => {
  left(client([]), root({ old: 'passed' }), 'one');
  left(client([]), root({ new: 'passed' }), 'one');
  const all = left(client([]), root({ other: 'passed' }), 'two');
  expect(all.map(({ whole }) => whole[0]).sort()).toEqual(['block new', 'block other']);
});

test('a run without recordings leaves nothing, nor does a file without any', () => {
  expect(left(client([], 'off'), root({}))).toEqual([]);
  const marks = new RecordingMarks({ path: within('b.eval.js'), projectId: '' }, client([]));
  marks.leave(root({}));
  expect(readMarks(within('.evals'))).toEqual([]);
});

test('that they cannot be written is no failure', () => {
  writeFileSync(within('.evals'), '');
  expect(left(client([]), root({}))).toEqual([]);
});

test('git ignores them', () => {
  left(client([]), root({}));
  expect(readFileSync(within('.evals', '.gitignore'), 'utf8')).toBe('*\n');
});
