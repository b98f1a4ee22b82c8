import { Command } from 'commander';
import { ModelProviderError } from '../../base/errors';
import { describeList, describeNotCompared, describeUnreadable } from '../../report/terminal/describe-run';
import { differencesTable } from '../../report/terminal/differences-table';
import { compareRuns, describeComparison } from '../../report/terminal/run-comparison';
import { mixedNotes } from '../../report/difference';
import { readRun } from '../../report/run-report';
import { findRun } from '../arguments/find-run';
import { failFor } from '../output/fail-for';

interface CompareFlags {
  readonly json?: boolean;
  readonly allowReplayed?: boolean;
}

/** `compare <run> [later]`: the models of one run, or two runs. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('compare the models of one run, or two runs, on their common samples')
    .argument('<run>', 'name of a run in .evals, or its folder')
    .argument('[later]', 'a later run: each evaluation of it is compared with the same one of <run>')
    .option('--json', 'print the comparison as JSON')
    .option('--allow-replayed', 'compare recorded answers with live ones too')
    .action((run: string, later: string | undefined, { json, allowReplayed }: CompareFlags) => {
      const directory = findRun(run);
      if (later !== undefined) {
        const other = findRun(later);
        if (other === directory)
          throw new ModelProviderError(
            'CONFIG_INVALID',
            `Both runs are ${directory}; name two different ones.`,
          );
        const comparison = compareRuns(directory, other, { allowReplayed });
        failFor(comparison);
        return print(json === true ? comparison : describeComparison(comparison));
      }
      const { differences, notCompared = [], unreadable } = readRun(directory, undefined, { allowReplayed });
      const mixed = mixedNotes(differences);
      failFor({ unreadable });
      if (json === true) return print({ differences, notes: [...notCompared, ...mixed], unreadable });
      const none = 'No evaluation of this run has two models to compare.';
      const bad = unreadable.length === 0 ? [] : [describeUnreadable(unreadable)];
      const notes = [
        ...(notCompared.length === 0 ? [] : [describeNotCompared(notCompared)]),
        ...(mixed.length === 0 ? [] : [describeList('What to know of it:', mixed)]),
      ];
      return print([differencesTable(differences) || none, ...notes, ...bad].join('\n\n'));
    });
}

function print(found: object | string): void {
  process.stdout.write(`${typeof found === 'string' ? found : JSON.stringify(found, undefined, 2)}\n`);
}
