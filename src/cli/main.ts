#!/usr/bin/env node
import { Command } from 'commander';
import { isModelProviderError } from '../base/errors';
import { packageVersion } from '../base/version';
import { cleanCommand } from './commands/clean';
import { compareCommand } from './commands/compare';
import { doctorCommand } from './commands/doctor';
import { downCommand } from './commands/down';
import { exportCommand } from './commands/export';
import { recordingsCommand } from './commands/recordings';
import { runsCommand } from './commands/runs';
import { showCommand } from './commands/show';
import { statusCommand } from './commands/status';
import { upCommand } from './commands/up';
import { printableLines } from '../base/printable';

const program = new Command('jest-model-provider')
  .description('Keeps models warm between runs of Jest, and reads the logs that evaluations leave in .evals.')
  .version(packageVersion)
  .addCommand(upCommand())
  .addCommand(statusCommand())
  .addCommand(downCommand())
  .addCommand(doctorCommand())
  .addCommand(cleanCommand())
  .addCommand(showCommand())
  .addCommand(compareCommand())
  .addCommand(exportCommand())
  .addCommand(runsCommand())
  .addCommand(recordingsCommand());

program.parseAsync().catch((error: unknown) => {
  if (!isModelProviderError(error)) throw error;
  process.stderr.write(`${error.code}: ${printableLines(error.message)}\n`);
  process.exitCode = 1;
});
