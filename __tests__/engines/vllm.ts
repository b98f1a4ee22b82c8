import { eventually } from '../support/eventually';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

/** The real vLLM's CPU build, and two tiny models whose answers are noise. */
export interface Vllm {
  readonly command: string;
  /** The Python that it is installed in. */
  readonly python: string;
  readonly one: string;
  readonly two: string;
}

/** What its tests take: a start lasts half a minute where nothing else runs. */
export const startLimitMs = 600_000;

/** Options of a small and quick server. */
export const small = { maxModelLen: 256, enforceEager: true } as const;

/** Variables of a small server. */
export const smallEnv = { VLLM_CPU_KVCACHE_SPACE: '1' } as const;

/**
 * A `describe` for tests of the real vLLM on the CPU; where it cannot be had they are skipped, and it is said
 * why.
 */
export function describeWithVllm(title: string, fn: (vllm: Vllm) => void): void {
  const place = fetched();
  describeIf(whySkipped(place), title, () => {
    leavesNoSharedMemory();
    fn({
      command: path.join(place, 'venv/bin/vllm'),
      python: path.join(place, 'venv/bin/python'),
      ...models(place),
    });
  });
}

/**
 * A `describe` for tests of a vLLM that was built for the GPUs of this machine: the one that `VLLM_COMMAND`
 * names. Where that or a GPU is missing they are skipped, and it is said why.
 */
export function describeWithVllmOnGpu(title: string, fn: (vllm: Omit<Vllm, 'python'>) => void): void {
  const command = process.env['VLLM_COMMAND'] ?? '';
  const missing = command === '' ? 'VLLM_COMMAND names no vLLM for the GPUs' : missingGpu();
  const place = missing === undefined ? fetched() : '';
  describeIf(missing ?? whySkipped(place), title, () => fn({ command, ...models(place) }));
}

/** MiB in use on the first GPU of this machine. */
export function usedMiB(): number {
  const args = ['--query-gpu=memory.used', '--format=csv,noheader,nounits'];
  return Number(execFileSync('nvidia-smi', args, { encoding: 'utf8' }).split('\n')[0]);
}

function missingGpu(): string | undefined {
  try {
    return Number.isFinite(usedMiB()) ? undefined : 'nvidia-smi tells no memory';
  } catch {
    return 'there is no GPU that nvidia-smi knows';
  }
}

function fetched(): string {
  const script = path.join(__dirname, '../../scripts/fetch-vllm.mjs');
  return execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
}

function whySkipped(answer: string): string | undefined {
  return answer.startsWith('skipped: ') ? answer : undefined;
}

function models(place: string): Pick<Vllm, 'one' | 'two'> {
  return { one: path.join(place, 'one'), two: path.join(place, 'two') };
}

function describeIf(missing: string | undefined, title: string, fn: () => void): void {
  if (missing === undefined) {
    describe(title, fn);
    return;
  }
  process.stderr.write(`${title}: ${missing}\n`);
  describe.skip(`${title} (${missing})`, fn);
}

/** What its processes share is not theirs alone: a killed one leaves it behind until the next boot. */
function leavesNoSharedMemory(): void {
  const shared = (): string[] => readdirSync('/dev/shm').filter((name) => /^(?:psm_|sem\.mp-)/.test(name));
  let before: string[] = [];
  beforeAll(() => void (before = shared()));
  const left = (): string[] => shared().filter((name) => !before.includes(name));
  afterAll(async () => {
    // Other programs of the machine have some too, for as long as they run.
    await eventually(() => left().length === 0).catch(() => undefined);
    expect(left()).toEqual([]);
  });
}
