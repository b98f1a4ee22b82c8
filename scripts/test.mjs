// npm test: the unit and the end-to-end tests, with npm alone. Further arguments go to Jest: `npm test -- scheduler`.
import { closingLine } from './closing-line.mjs';
import { runJest } from './run-jest.mjs';

const result = await runJest(process.argv.slice(2));
console.log(closingLine(result));
process.exitCode = result.failed > 0 ? 1 : 0;
