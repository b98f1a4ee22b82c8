import { logSchema, type HeaderRecord, type SampleRecord } from '../../../src/evals/log/log-record';

/** The header of a log in which everything is what it usually is. */
export function header(changes: Partial<HeaderRecord> = {}): HeaderRecord {
  return {
    type: 'header',
    schema: logSchema,
    run: 'run',
    at: '2026-01-01T00:00:00.000Z',
    file: 'sums.eval.ts',
    title: 'sums',
    name: 'embedded:expert sums',
    model: 'embedded:expert',
    spec: 'embedded:expert',
    config: null,
    code: 'c0de',
    identity: { weights: 'abc' },
    resource: { resourceId: 'embedded:expert#1', command: 'node main.js', startMs: 100 },
    git: null,
    seed: 1,
    packages: { node: '20.20.2' },
    dataset: { name: 'array', hash: 'da7a' },
    options: {},
    ...changes,
  };
}

/** A sample that was answered right. */
export function sample(changes: Partial<SampleRecord> = {}): SampleRecord {
  return {
    type: 'sample',
    id: 'a',
    trial: 0,
    index: 0,
    input: { question: '2 + 3', answer: '5' },
    response: '5',
    scores: [{ name: 'exactMatch', value: true }],
    at: 1_767_225_600_000,
    durationMs: 12,
    ...changes,
  };
}
