import type { Circus } from '@jest/types';

/** The titles of a test and of the blocks around it, as `-t` and snapshots know it. */
export function fullName(test: Circus.TestEntry): string {
  return [...titlesOf(test.parent), test.name].join(' ');
}

/** The titles of a block and of those around it. */
export function blockName(block: Circus.DescribeBlock | undefined): string {
  return titlesOf(block).join(' ');
}

function titlesOf(block: Circus.DescribeBlock | undefined): string[] {
  const titles: string[] = [];
  for (let around = block; around !== undefined; around = around.parent) titles.unshift(around.name);
  // Jest leaves the root's name out, see getTestID of jest-circus.
  return titles.slice(1);
}
