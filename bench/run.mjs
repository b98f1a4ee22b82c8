// npm run bench: every figure against a named reference in the same run. BENCH_ROUNDS sets the number of pairs.
import Table from 'cli-table3';
import { leaseRoundTrip } from './lease-roundtrip.mjs';
import { loads } from './loads.mjs';
import { overhead } from './overhead.mjs';
import { readinessOvershoot } from './readiness-overshoot.mjs';

const rounds = Number(process.env.BENCH_ROUNDS ?? 7);
const table = new Table({
  head: ['what', 'reference', 'ours', 'reference', 'ratio (min–max of pairs)'],
  style: { head: [], border: [] },
});
for (const [name, bench] of Object.entries({
  'lease round trip': () => leaseRoundTrip(rounds),
  'readiness overshoot': () => readinessOvershoot(Math.max(24, rounds * 4)),
  overhead: () => overhead(rounds),
  loads,
})) {
  process.stderr.write(`${name} …\n`);
  table.push(...(await bench()));
}
console.log(table.toString());
