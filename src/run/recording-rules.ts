import { ModelProviderError } from '../base/errors';
import { isPlainObject, showValue } from '../base/json';
import { unknownOption } from '../base/require-known';
import type { EvalRun } from '../pattern/eval-run';
import { recordingModes, type IgnoredPart, type RecordingMode } from '../pattern/recording-mode';
import type { Given } from './given-option';

type Rules = EvalRun['recordings'];

/** What is known of the run besides. */
export interface RunFacts {
  /** Jest's `--ci`, which is set where there is a variable `CI`. */
  readonly ci?: boolean;
  /** There if this is one part of a run. */
  readonly shard?: object;
}

const modes = recordingModes.join(', ');

/**
 * Reads what becomes of recordings: a mode, or `{ mode, ignore }`. The variable has the mode alone, and leaves what is
 * to be ignored.
 *
 * @throws ModelProviderError `CONFIG_INVALID` naming option, value and fix.
 */
export function readRecordingRules(given: Given | undefined, option?: Given): Rules {
  const { ignore, mode: usual } = option === undefined ? { ignore: [], mode: undefined } : ofOption(option);
  const mode = given === undefined || given === option ? (usual ?? 'off') : modeOf(given.value, given.name);
  return { mode, ignore };
}

function ofOption({ value, name }: Given): {
  mode: RecordingMode | undefined;
  ignore: readonly IgnoredPart[];
} {
  if (!isPlainObject(value)) return { mode: modeOf(value, name), ignore: [] };
  const problem = unknownOption(value, ['mode', 'ignore']);
  if (problem !== undefined) throw invalid(`${name}: ${problem}`);
  const { mode, ignore = [] } = value;
  if (!Array.isArray(ignore))
    throw invalid(`${name}.ignore is ${showValue(ignore)}; it must be an array of paths and patterns`);
  return {
    mode: mode === undefined ? undefined : modeOf(mode, `${name}.mode`),
    ignore: ignore.map((part: unknown, index) => ignoredPart(part, `${name}.ignore[${index}]`)),
  };
}

function modeOf(value: unknown, name: string): RecordingMode {
  const mode = recordingModes.find((each) => each === value);
  if (mode !== undefined) return mode;
  throw invalid(`${name} is ${showValue(value)}; it must be one of ${modes}`);
}

function ignoredPart(part: unknown, name: string): IgnoredPart {
  // Of whatever realm Jest has read its configuration in.
  if (Object.prototype.toString.call(part) === '[object RegExp]') {
    const { source, flags } = part as RegExp;
    return { pattern: source, flags };
  }
  if (typeof part === 'string' && part !== '' && part.split('.').every((step) => step !== ''))
    return { path: part };
  throw invalid(
    `${name} is ${showValue(part)}; it must be a path such as 'messages.*.id', or a regular expression`,
  );
}

/**
 * What becomes of recordings in this run: with `--ci` nothing new is recorded, as with snapshots.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for recording in a part of a run.
 */
export function rulesOfRun(rules: Rules, { ci = false, shard }: RunFacts): Rules {
  if (rules.mode === 'record' && shard !== undefined)
    throw invalid(
      'Recordings are to be made (EVALS_RECORDINGS, or recordings of testEnvironmentOptions.evals), but this is a shard, a part of a run: record without --shard, and replay in shards',
    );
  return rules.mode === 'auto' && (ci || shard !== undefined) ? { ...rules, mode: 'replay' } : rules;
}

function invalid(what: string): ModelProviderError {
  return new ModelProviderError('CONFIG_INVALID', `${what}.`);
}
