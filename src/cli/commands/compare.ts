import { Command } from 'commander';
import { ModelProviderError } from '../../pattern/errors';
import { differencesTable } from '../../report/differences-table';
import { compareRuns, describeComparison } from '../../report/run-comparison';
import { readRun } from '../../report/run-report';
import { findRun } from '../find-run';

/** `compare <run> [later]`: the models of one run, or two runs. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('compare the models of one run, or two runs, on their common samples')
    .argument('<run>', 'name of a run in .evals, or its folder')
    .argument('[later]', 'a later run: each evaluation of it is compared with the same one of <run>')
    .option('--json', 'print the comparison as JSON')
    .action((run: string, later: string | undefined, { json }: { json?: boolean }) => {
      const directory = findRun(run);
      if (later !== undefined) {
        const other = findRun(later);
        if (other === directory)
          throw new ModelProviderError(
            'CONFIG_INVALID',
            `Both runs are ${directory}; name two different ones.`,
          );
        const comparison = compareRuns(directory, other);
        return print(json === true ? comparison : describeComparison(comparison));
      }
      const { differences } = readRun(directory);
      if (json === true) return print({ differences, notes: [] });
      return print(differencesTable(differences) || 'No evaluation of this run has two models to compare.');
    });
}

function print(found: object | string): void {
  process.stdout.write(`${typeof found === 'string' ? found : JSON.stringify(found, undefined, 2)}\n`);
}
