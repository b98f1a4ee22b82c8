// What the logs have of the applications of docs/applications.md.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expectEqual } from './consumer-checks.mjs';

/**
 * Throws unless the last run of a project has so many calls of samples, each with an answer and its tokens, and none
 * that is of no sample.
 */
export function checkCalls(project, output, calls) {
  const logs = join(project.directory, '.evals');
  const run = join(logs, readdirSync(logs).sort().at(-1));
  const records = readdirSync(run)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(run, name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line));
  const found = records.flatMap((record) => (record.type === 'sample' ? (record.calls ?? []) : []));
  const whole = found.filter(
    ({ resource, path, status, finishReason, usage }) =>
      resource === 'embedded:expert' &&
      path === '/chat/completions' &&
      status === 200 &&
      finishReason === 'stop' &&
      usage.completionTokens > 0,
  );
  const unattributed = records.filter(({ type }) => type === 'unattributed').length;
  expectEqual({ found: found.length, whole: whole.length, unattributed }, output, {
    found: calls,
    whole: calls,
    unattributed: 0,
  });
}
