import { basename } from 'node:path';
import type { HeaderRecord } from '../../evals/log/log-record';
import { printable } from '../../base/printable';
import {
  adjustTogether,
  differencesOf,
  mixedNotes,
  type Difference,
  type DifferenceOptions,
} from '../difference';
import { differencesTable } from './differences-table';
import { readLogsOf, type ReadEvaluation, type UnreadableLog } from '../read-evaluation';
import { withOneKind } from '../score-kinds';
import { describeUnreadable } from './describe-run';
import { tellApart } from '../tell-apart';

/** What two runs found in the evaluations that both have. */
export interface RunComparison {
  /** On the samples that both runs have; positive where the second run is better. */
  readonly differences: readonly Difference[];
  /** What else differs between the runs, in words. */
  readonly notes: readonly string[];
  /** The logs of both runs that cannot be read. */
  readonly unreadable: readonly UnreadableLog[];
}

/**
 * Compares two runs, evaluation by evaluation and model by model, on their common samples.
 *
 * @param before directory of the earlier run.
 * @param after directory of the later run.
 */
export function compareRuns(before: string, after: string, options?: DifferenceOptions): RunComparison {
  const [logsBefore, logsAfter] = [readLogsOf(before), readLogsOf(after)];
  const ofBefore = tellApart(logsBefore.read);
  const alike = withOneKind([...ofBefore, ...tellApart(logsAfter.read)]);
  const earlier = byName(alike.slice(0, ofBefore.length));
  const later = byName(alike.slice(ofBefore.length));
  const isSameName = basename(before) === basename(after);
  const [nameBefore, nameAfter] = isSameName ? [before, after] : [basename(before), basename(after)];
  const differences: Difference[] = [];
  const notes: string[] = [];
  for (const [key, old] of earlier) {
    const title = titleOf(old);
    const found = later.get(key);
    if (found === undefined) {
      notes.push(`${title}: only in ${nameBefore}`);
      continue;
    }
    const { differences: compared, notCompared } = differencesOf(
      title,
      [found, old],
      ({ outcome }) => (outcome === old.outcome ? nameBefore : nameAfter),
      options,
    );
    notes.push(...notCompared, ...mixedNotes(compared));
    if (compared.length + notCompared.length === 0)
      notes.push(`${title}: no score in common on a common sample`);
    differences.push(...compared);
    const changes = changesOf(old.header, found.header);
    if (changes.length > 0) notes.push(`${title}: ${changes.join(', ')}`);
    for (const [{ outcome }, name] of [
      [old, nameBefore],
      [found, nameAfter],
    ] as const)
      if (outcome.status !== 'complete') notes.push(`${title}: did not run to its end in ${name}`);
  }
  for (const [key, found] of later)
    if (!earlier.has(key)) notes.push(`${titleOf(found)}: only in ${nameAfter}`);
  const unreadable = [...logsBefore.unreadable, ...logsAfter.unreadable];
  return { differences: adjustTogether(differences), notes, unreadable };
}

/** A comparison for people. */
export function describeComparison({ differences, notes, unreadable }: RunComparison): string {
  const found = differences.length === 0 ? 'Nothing to compare.' : differencesTable(differences);
  const list = notes.map((note) => printable(`- ${note}`)).join('\n');
  const parts = [
    found,
    ...(list === '' ? [] : [`What else differs:\n${list}`]),
    ...(unreadable.length === 0 ? [] : [describeUnreadable(unreadable)]),
  ];
  return parts.join('\n\n');
}

function byName(evaluations: readonly ReadEvaluation[]): Map<string, ReadEvaluation> {
  return new Map(
    evaluations.map((read) => [
      JSON.stringify([read.header.file, read.header.name, read.header.model]),
      read,
    ]),
  );
}

function titleOf({ outcome: { title, model } }: ReadEvaluation): string {
  return model === '' ? title : `${title}, ${model}`;
}

function changesOf(before: HeaderRecord, after: HeaderRecord): string[] {
  const changes: readonly [string, boolean][] = [
    ['another model', !isEqual([before.spec, before.config], [after.spec, after.config])],
    ['other weights or another engine', !isEqual(before.identity, after.identity)],
    ['other resources beside the model', !isEqual(before.tools, after.tools)],
    ['another data set', before.dataset.hash !== after.dataset.hash],
    ['other code of the evaluation', before.code !== after.code],
    ['other options', !isEqual(before.options, after.options)],
    ['other prices', !isEqual(before.prices, after.prices)],
  ];
  return changes.flatMap(([name, isChanged]) => (isChanged ? [name] : []));
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
