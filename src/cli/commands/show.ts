import { Command } from 'commander';
import { describeRun } from '../../report/describe-run';
import { readRun } from '../../report/run-report';
import { findRun } from '../find-run';

/** `show [run]`: the report that the run printed when it ended. */
export function showCommand(): Command {
  return new Command('show')
    .description('print what a run found: scores, costs, differences between models, worst samples')
    .argument('[run]', 'name of a run in .evals, or its folder; the latest by default')
    .option('--json', 'print the report as JSON')
    .action((run: string | undefined, { json }: { json?: boolean }) => {
      const report = readRun(findRun(run));
      process.stdout.write(`${json === true ? JSON.stringify(report, undefined, 2) : describeRun(report)}\n`);
    });
}
