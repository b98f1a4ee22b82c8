import { Command } from 'commander';
import { describeRun } from '../../report/terminal/describe-run';
import { readRun } from '../../report/run-report';
import { findRun } from '../arguments/find-run';
import { failFor } from '../output/fail-for';

/** `show [run]`: prints the report of a run again. */
export function showCommand(): Command {
  return new Command('show')
    .description('print what a run found: scores, costs, differences between models, worst samples')
    .argument('[run]', 'name of a run in .evals, or its folder; the latest by default')
    .option('--json', 'print the report as JSON')
    .action((run: string | undefined, { json }: { json?: boolean }) => {
      const report = readRun(findRun(run));
      failFor(report);
      process.stdout.write(`${json === true ? JSON.stringify(report, undefined, 2) : describeRun(report)}\n`);
    });
}
