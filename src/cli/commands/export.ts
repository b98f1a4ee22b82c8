import { Command, Option } from 'commander';
import { join } from 'node:path';
import { csvText } from '../../report/export/csv';
import { exportInspect } from '../../report/export/inspect';
import { describeUnreadable } from '../../report/terminal/describe-run';
import { readLogsOf } from '../../report/read-evaluation';
import { findRun } from '../arguments/find-run';
import { failFor } from '../output/fail-for';
import { printableLines } from '../../base/printable';
import { writeText } from '../output/write-text';

interface ExportOptions {
  readonly format: 'inspect' | 'csv';
  readonly output?: string;
}

/** `export [run] --format`: writes a run in the format of another program. */
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
      const { read, unreadable } = readLogsOf(directory);
      failFor({ unreadable });
      if (unreadable.length > 0) process.stderr.write(`${printableLines(describeUnreadable(unreadable))}\n`);
      if (format === 'csv') return writeText(csvText(read), output);
      for (const path of exportInspect(read, output ?? join(directory, 'inspect')))
        process.stdout.write(`${path}\n`);
    });
}
