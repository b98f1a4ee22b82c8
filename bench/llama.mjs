// npm run bench:llama: loads, switch time and throughput with the real llama-server, and throughput with vLLM. BENCH_ROUNDS sets the
// number of pairs; names of benches as arguments run those alone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { matrix } from './matrix.mjs';
import { sharedThroughput } from './shared-throughput.mjs';
import { switchTime } from './switch-time.mjs';

const rounds = Number(process.env.BENCH_ROUNDS ?? 7);
const directory = mkdtempSync(join(tmpdir(), 'jmp-bench-'));
// Load times that are learned here are nobody else's business.
process.env.XDG_STATE_HOME = directory;
const benches = {
  matrix,
  switch: () => switchTime(rounds, directory),
  throughput: () => sharedThroughput('llama-server', rounds),
  'throughput-vllm': () => sharedThroughput('vLLM', rounds),
};
const table = new Table({
  head: ['what', 'reference', 'ours', 'reference', 'ratio (min–max of pairs)'],
  style: { head: [], border: [] },
});
try {
  const wanted = process.argv.slice(2);
  for (const [name, bench] of Object.entries(benches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    process.stderr.write(`${name} …\n`);
    table.push(...(await bench()));
  }
  console.log(table.toString());
} finally {
  rmSync(directory, { recursive: true, force: true });
}
