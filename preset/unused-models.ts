import type { Circus } from '@jest/types';
import { ModelProviderError } from '../src/base/errors';
import { nearest } from '../src/base/nearest';
import type { ReportRecord } from '../src/pattern/session-client';
import type { SessionRecord } from '../src/session/events/eval-board';

/** The titles of the blocks in a test file, of which those of models are the labels. */
type BlockTitles = {
  /** Around tests that ran. */
  readonly ran: string[];
  readonly all: string[];
};

const titlesType = 'titles';

/** What a test file tells its session at its end, so that it is known which models anything ran with. */
export function titlesRecord(root: Circus.DescribeBlock): ReportRecord {
  const blocks = root.children.flatMap((child) => (child.type === 'test' ? [] : titledBlocks(child)));
  const titles = (some: readonly Circus.DescribeBlock[]): string[] => [
    ...new Set(some.map(({ name }) => name)),
  ];
  const data: BlockTitles = { ran: titles(blocks.filter(hasRun)), all: titles(blocks) };
  return { type: titlesType, data };
}

/**
 * An error if no test ran with one of the chosen models: a run that evaluates less than asked must not be
 * green.
 */
export function unusedModels(
  chosen: readonly string[],
  records: readonly SessionRecord[],
): ModelProviderError | undefined {
  const files = records.flatMap(({ type, data }) => (type === titlesType ? [data as BlockTitles] : []));
  const [used, known] = (['ran', 'all'] as const).map((key) => new Set(files.flatMap((file) => file[key])));
  const unused = chosen.find((label) => used?.has(label) !== true);
  if (unused === undefined) return undefined;
  const close = nearest(unused, [...(known ?? [])]);
  const hint =
    known?.has(unused) === true
      ? 'its tests were skipped. If its withClient stands in that of another model, name that one as well'
      : close === undefined
        ? 'no withClient() has that label'
        : `no withClient() has that label; did you mean "${close}"?`;
  return new ModelProviderError(
    'CONFIG_INVALID',
    `EVALS_MODELS names "${unused}", but nothing ran with it: ${hint}`.replace(/[^?]$/, '$&.'),
  );
}

function titledBlocks(block: Circus.DescribeBlock): Circus.DescribeBlock[] {
  return [block, ...block.children.flatMap((child) => (child.type === 'test' ? [] : titledBlocks(child)))];
}

function hasRun(block: Circus.DescribeBlock): boolean {
  return block.children.some((child) => (child.type === 'test' ? child.status === 'done' : hasRun(child)));
}
