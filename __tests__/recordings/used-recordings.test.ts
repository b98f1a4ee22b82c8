import { UsedRecordings } from '../../src/recordings/used-recordings';

const place = (sample?: string, trial = 0) => ({
  ...{ name: 'sums', title: 'sums' },
  ...(sample !== undefined && { sample, trial }),
});

test('each attempt is known once, and tests have none', () => {
  const used = new UsedRecordings();
  used.called('/p/a.jsonl', place('x', 0));
  used.called('/p/a.jsonl', place('x', 0));
  used.called('/p/a.jsonl', place('x', 1));
  used.called('/p/b.jsonl', place());
  expect(used.use.used).toEqual({
    'a.jsonl': [
      { sample: 'x', trial: 0 },
      { sample: 'x', trial: 1 },
    ],
    'b.jsonl': [],
  });
});

test('an evaluation uses all its recordings, and in them what its failed attempts may have called', () => {
  const used = new UsedRecordings();
  used.called('/p/a.jsonl', place('x', 0));
  used.ended('sums', ['/p/a.jsonl', '/p/b.jsonl'], { isWhole: true, failed: [{ sample: 'y', trial: 0 }] });
  expect(used.use).toEqual({
    leased: [],
    evaluations: [{ name: 'sums', isWhole: true }],
    used: {
      'a.jsonl': [
        { sample: 'x', trial: 0 },
        { sample: 'y', trial: 0 },
      ],
      'b.jsonl': [{ sample: 'y', trial: 0 }],
    },
  });
});

test('each resource that was leased is known once', () => {
  const used = new UsedRecordings();
  for (const key of ['m', 'm', 'judge']) used.leased(key);
  expect(used.use.leased).toEqual(['m', 'judge']);
});
