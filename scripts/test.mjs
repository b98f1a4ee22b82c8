// npm test: the unit and the end-to-end tests, with npm alone. `--tier=fast` and `--tier=processes` run a
// part of them (see jest.config.js). Further arguments go to Jest: `npm test -- scheduler`.
import { closingLine } from './closing-line.mjs';
import { runJest } from './run-jest.mjs';

const args = process.argv.slice(2);
const tiers = args.flatMap((argument) => /^--tier=(.*)$/.exec(argument)?.[1] ?? []);
const result = await runJest(
  args.filter((argument) => !argument.startsWith('--tier=')),
  tiers.length === 0 ? {} : { TEST_TIER: tiers.at(-1) },
);
console.log(closingLine(result));
process.exitCode = result.failed > 0 ? 1 : 0;
