import { Command, Option } from 'commander';
import { join } from 'node:path';
import { csvText } from '../../report/export/csv';
import { exportInspect } from '../../report/export/inspect';
import { exportOtlp } from '../../report/export/otlp';
import { describeUnreadable } from '../../report/terminal/describe-run';
import { readLogsOf } from '../../report/read-evaluation';
import { findRun } from '../arguments/find-run';
import { failFor } from '../output/fail-for';
import { printableLines } from '../../base/printable';
import { writeText } from '../output/write-text';

interface ExportOptions {
  readonly format: 'inspect' | 'csv' | 'otlp';
  readonly output?: string;
}

/** `export [run] --format`: writes a run in the format of another program. */
export function exportCommand(): Command {
  return new Command('export')
    .description('write a run for other programs')
    .argument('[run]', 'name of a run in .evals, or its folder; the latest by default')
    .addOption(
      new Option(
        '--format <format>',
        'csv: a line for each trial; inspect: the log format of inspect-ai; otlp: traces of OpenTelemetry',
      )
        .choices(['csv', 'inspect', 'otlp'])
        .makeOptionMandatory(),
    )
    .option(
      '--output <path>',
      'csv: a file instead of standard output; inspect and otlp: a folder instead of <run>/inspect or <run>/otlp',
    )
    .action(async (run: string | undefined, { format, output }: ExportOptions) => {
      const directory = findRun(run);
      const { read, unreadable } = readLogsOf(directory);
      failFor({ unreadable });
      if (unreadable.length > 0) process.stderr.write(`${printableLines(describeUnreadable(unreadable))}\n`);
      if (format === 'csv') return writeText(csvText(read), output);
      const write = format === 'inspect' ? exportInspect : exportOtlp;
      for (const path of write(read, output ?? join(directory, format))) process.stdout.write(`${path}\n`);
    });
}
