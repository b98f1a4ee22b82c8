import type { Circus } from '@jest/types';
import { printableTitle } from '../src/base/printable';
import { keepSecretsOf } from '../src/base/secrets';

/**
 * Takes secrets and what a terminal obeys out of the titles of tests and blocks, once all are collected: Jest
 * prints them as they are, and they may be made from data. It is before anything is found by them, so that `-t`,
 * the keys of snapshots and reports all have what is shown.
 *
 * @param variables of the realm of the file, which may have read some of its own.
 */
export function makeTitlesHarmless(
  event: Circus.Event,
  { rootDescribeBlock }: Circus.State,
  variables: Readonly<Record<string, string | undefined>>,
): void {
  if (event.name !== 'run_start') return;
  keepSecretsOf(variables);
  makeHarmless(rootDescribeBlock);
}

function makeHarmless(block: Circus.DescribeBlock): void {
  for (const child of block.children) {
    child.name = printableTitle(child.name);
    if (child.type === 'describeBlock') makeHarmless(child);
  }
}
