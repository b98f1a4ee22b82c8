import { Command, Option } from 'commander';
import { join } from 'node:path';
import { csvText } from '../../report/export-csv';
import { exportInspect } from '../../report/export-inspect';
import { findRun } from '../find-run';
import { writeText } from '../write-text';

interface ExportOptions {
  readonly format: 'inspect' | 'csv';
  readonly output?: string;
}

/** `export [run] --format`: a run for other programs. */
export function exportCommand(): Command {
  return new Command('export')
    .description('write a run for other programs')
    .argument('[run]', 'name of a run in .evals, or its folder; the latest by default')
    .addOption(
      new Option('--format <format>', 'csv: a line for each trial; inspect: the log format of inspect-ai')
        .choices(['csv', 'inspect'])
        .makeOptionMandatory(),
    )
    .option(
      '--output <path>',
      'csv: a file instead of standard output; inspect: a folder instead of <run>/inspect',
    )
    .action(async (run: string | undefined, { format, output }: ExportOptions) => {
      const directory = findRun(run);
      if (format === 'csv') return writeText(csvText(directory), output);
      for (const path of exportInspect(directory, output ?? join(directory, 'inspect')))
        process.stdout.write(`${path}\n`);
    });
}
