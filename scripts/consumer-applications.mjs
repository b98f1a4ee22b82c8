// What the logs have of the applications of docs/applications.md.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expectEqual } from './consumer-checks.mjs';

/**
 * Throws unless the last run of a project has so many calls of samples, each with an answer and its tokens, and none
 * that is of no sample.
 *
 * @param isReplayed whether these answers are recorded ones, and no model was loaded.
 */
export function checkCalls(project, output, calls, isReplayed = false) {
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
  const replayed = found.filter((call) => call.replayed === true).length;
  const loads = output.includes('time to ready') ? 1 : 0;
  const unattributed = records.filter(({ type }) => type === 'unattributed').length;
  const all = { found: found.length, whole: whole.length, replayed, loads, unattributed };
  expectEqual(all, output, {
    ...{ found: calls, whole: calls, replayed: isReplayed ? calls : 0 },
    ...{ loads: isReplayed ? 0 : 1, unattributed: 0 },
  });
}
