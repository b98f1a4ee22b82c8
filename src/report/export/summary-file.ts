import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, ModelProviderError } from '../../base/errors';
import type { RunReport } from '../run-report';
import { stepSummary } from './step-summary';

/** The version of `summary.json`. */
const schema = 1;

/**
 * Writes `summary.json` beside the logs, atomically, for other programs; as private as the logs.
 *
 * @throws ModelProviderError `LOG_INVALID` if it cannot be written.
 */
export function writeSummary(report: RunReport): void {
  const path = join(report.directory, 'summary.json');
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, `${JSON.stringify({ schema, ...report }, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(draft, path);
  } catch (error) {
    throw new ModelProviderError('LOG_INVALID', `${path} cannot be written: ${messageOf(error)}.`, {
      details: { path },
      cause: error,
    });
  }
}

/**
 * Adds the report to the page of the job, where GitHub Actions names a file for it.
 *
 * @throws ModelProviderError `CONFIG_INVALID` if that cannot be written.
 */
export function writeStepSummary(report: RunReport, path = process.env['GITHUB_STEP_SUMMARY']): void {
  if (path === undefined || path === '') return;
  try {
    appendFileSync(path, stepSummary(report));
  } catch (error) {
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `GITHUB_STEP_SUMMARY is ${JSON.stringify(path)}, which cannot be written: ${messageOf(error)}. In a container of your own share that file with it, or set the variable to nothing.`,
      { details: { variable: 'GITHUB_STEP_SUMMARY', path }, cause: error },
    );
  }
}
