import { execFileSync } from 'node:child_process';
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

/** A `describe` for tests of the real vLLM; where it cannot be had they are skipped, and it is said why. */
export function describeWithVllm(title: string, fn: (vllm: Vllm) => void): void {
  const script = path.join(__dirname, '../../scripts/fetch-vllm.mjs');
  const answer = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
  const place = (name: string): string => path.join(answer, name);
  const vllm = {
    command: place('venv/bin/vllm'),
    python: place('venv/bin/python'),
    one: place('one'),
    two: place('two'),
  };
  if (!answer.startsWith('skipped: ')) {
    describe(title, () => fn(vllm));
    return;
  }
  process.stderr.write(`${title}: ${answer}\n`);
  describe.skip(`${title} (${answer})`, () => fn(vllm));
}
