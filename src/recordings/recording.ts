import { messageOf, ModelProviderError } from '../base/errors';
import { stableStringify } from '../base/json';
import { dirname } from '../base/path';
import { redact } from '../base/secrets';
import type { RecordedPlace } from '../pattern/recordings';
import { readRecording } from './read-recording';
import type { CallLine, RecordingHeader } from './recording-lines';

const { mkdirSync, renameSync, rmSync, writeFileSync } = process.getBuiltinModule('node:fs');

type Attempt = Pick<RecordedPlace, 'sample' | 'trial'>;

/** One recording: what an evaluation, or a test, has asked one resource. */
export class Recording {
  readonly path: string;
  /** What is in the file, or will be. */
  #header: RecordingHeader | undefined;
  readonly #calls = new Map<string, readonly CallLine[]>();
  #isChanged = false;

  /**
   * Reads it, if it is there.
   *
   * @param present what the resource is that is there: what was recorded of another is left out. Undefined in replay.
   * @throws ModelProviderError `RECORDING_INVALID`.
   */
  constructor(path: string, present: RecordingHeader | undefined) {
    this.path = path;
    const read = readRecording(path);
    this.#header = present ?? read?.header;
    this.#isChanged = stableStringify(this.#header) !== stableStringify(read?.header);
    if (read === undefined || !isOfOne(read.header, this.#header)) return;
    for (const call of read.calls)
      this.#calls.set(keyOf(call), [...(this.#calls.get(keyOf(call)) ?? []), call]);
  }

  /** Undefined if nothing is recorded. */
  get header(): RecordingHeader | undefined {
    return this.#header;
  }

  /** What was recorded of an attempt. */
  callsOf(attempt: Attempt): readonly CallLine[] {
    return this.#calls.get(keyOf(attempt)) ?? [];
  }

  /** All calls, of whatever attempt. */
  get calls(): readonly CallLine[] {
    return [...this.#calls.values()].flat();
  }

  /**
   * What was recorded of an attempt is this from now on.
   *
   * @param isWhole whether it has made all its calls; if not, what was recorded besides stays.
   */
  replace(attempt: Attempt, calls: readonly CallLine[], isWhole: boolean): void {
    const before = this.callsOf(attempt);
    const isAgain = ({ key, n }: CallLine): boolean => calls.some((call) => call.key === key && call.n === n);
    const sorted = [...calls, ...(isWhole ? [] : before.filter((call) => !isAgain(call)))].sort(byRequest);
    if (JSON.stringify(sorted) === JSON.stringify(before)) return;
    this.#calls.set(keyOf(attempt), sorted);
    this.#isChanged = true;
  }

  /** @throws ModelProviderError `RECORDING_INVALID` naming the path. */
  write(): void {
    if (!this.#isChanged || this.#header === undefined) return;
    const calls = [...this.#calls].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, some]) => some);
    const lines = [this.#header, ...calls].map((line) => `${redact(JSON.stringify(line))}\n`);
    const draft = `${this.path}.${process.pid}.tmp`;
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      writeFileSync(draft, lines.join(''));
      renameSync(draft, this.path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw new ModelProviderError(
        'RECORDING_INVALID',
        `The recording ${this.path} cannot be written: ${messageOf(error)}. Make its folder one that you can write to, or leave EVALS_RECORDINGS out.`,
        { details: { path: this.path }, cause: error },
      );
    }
    this.#isChanged = false;
  }
}

/** Whether answers of the one could be the other's. */
function isOfOne(recorded: RecordingHeader, wanted: RecordingHeader | undefined): boolean {
  const same = ({ name, spec, config, identity }: RecordingHeader): string =>
    stableStringify([name, spec, config, identity]);
  return wanted !== undefined && same(recorded) === same(wanted);
}

function keyOf({ sample, trial }: Attempt): string {
  return sample === undefined ? '' : JSON.stringify([sample, trial ?? 0]);
}

/** Calls that were under way together end in any order. */
function byRequest(a: CallLine, b: CallLine): number {
  const [first, second] = [a, b].map(({ request, key }) => `${request.path} ${request.method} ${key}`);
  if (first === second) return a.n - b.n;
  return (first ?? '') < (second ?? '') ? -1 : 1;
}
