import type { Circus } from '@jest/types';

/** The titles of a test and of the blocks around it, as `-t` and snapshots know it. */
export function fullName(test: Circus.TestEntry): string {
  const names = [test.name];
  for (let block: Circus.DescribeBlock | undefined = test.parent; block !== undefined; block = block.parent)
    names.unshift(block.name);
  // Jest leaves the root's name out, see getTestID of jest-circus.
  return names.slice(1).join(' ');
}
