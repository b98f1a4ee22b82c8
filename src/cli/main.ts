#!/usr/bin/env node
import { Command } from 'commander';
import { isModelProviderError } from '../pattern/errors';
import { printable } from '../pattern/printable';
import { packageVersion } from '../pattern/version';
import { compareCommand } from './commands/compare';
import { exportCommand } from './commands/export';
import { showCommand } from './commands/show';

const program = new Command('jest-model-provider')
  .description('Reads the logs that evaluations leave in .evals.')
  .version(packageVersion)
  .addCommand(showCommand())
  .addCommand(compareCommand())
  .addCommand(exportCommand());

program.parseAsync().catch((error: unknown) => {
  if (!isModelProviderError(error)) throw error;
  process.stderr.write(`${error.code}: ${error.message.split('\n').map(printable).join('\n')}\n`);
  process.exitCode = 1;
});
