import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunReport } from '../run-report';
import { stepSummary } from './step-summary';

/** The version of `summary.json`. */
const schema = 1;

/** Writes `summary.json` beside the logs, atomically, for other programs; as private as the logs. */
export function writeSummary(report: RunReport): void {
  const path = join(report.directory, 'summary.json');
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify({ schema, ...report }, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

/** Adds the report to the page of the job, where GitHub Actions names a file for it. */
export function writeStepSummary(report: RunReport, path = process.env['GITHUB_STEP_SUMMARY']): void {
  if (path !== undefined && path !== '') appendFileSync(path, stepSummary(report));
}
