// npm run bench:llama: loads, switch time and throughput with the real llama-server, and throughput with
// vLLM. BENCH_ROUNDS sets the number of pairs; names of benches as arguments run those alone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { matrix } from './matrix.mjs';
import { runBenches } from './run-benches.mjs';
import { sharedThroughput } from './shared-throughput.mjs';
import { roundsOr } from './size.mjs';
import { switchTime } from './switch-time.mjs';

const rounds = roundsOr(7);
const directory = mkdtempSync(join(tmpdir(), 'jmp-bench-'));
// The load times that are learned here must not mix with the user's own.
process.env.XDG_STATE_HOME = directory;
try {
  await runBenches({
    matrix,
    switch: () => switchTime(rounds, directory),
    throughput: () => sharedThroughput('llama-server', rounds),
    'throughput-vllm': () => sharedThroughput('vLLM', rounds),
  });
} finally {
  rmSync(directory, { recursive: true, force: true });
}
