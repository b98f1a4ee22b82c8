import { ModelProviderError } from '../../base/errors';
import { isPlainObject, showValue } from '../../base/json';
import { unknownOption } from '../../base/require-known';
import type { Gate, PerSample, ScoreGate, VsBaseline } from './gate';

// The scores of the built-in scorers; those of the user's own may have any range.
const fromZeroToOne = new Set([
  ...[
    'exactMatch',
    'includes',
    'matches',
    'numeric',
    'levenshtein',
    'validJson',
    'choice',
    'toolCall',
    'judge',
  ],
]);

/** A gate, its defaults filled in. */
export interface CheckedGate {
  readonly maxErrors: number;
  readonly minSamples: number;
  readonly maxCut: number | undefined;
  readonly maxEmpty: number | undefined;
  readonly perSample: PerSample;
  readonly vsBaseline: VsBaseline | undefined;
  readonly inconclusive: 'pass' | 'warn' | 'fail';
  readonly scores: readonly (readonly [name: string, demand: ScoreGate])[];
}

/**
 * Checks a gate. The names of its own options cannot be scores.
 *
 * @throws ModelProviderError `EVAL_INVALID` for what is no object, a bar that is not a number, an unknown
 *   option, `by` or `inconclusive`, a `maxErrors`, `maxCut` or `maxEmpty` that is negative, or above 1 and not
 *   whole, a `minSamples` below 1, a baseline without a name, an `allowReplayed` that is neither true nor false.
 */
export function checkGate(gate: Gate): CheckedGate {
  // A promise or a Map has no bars of its own, and would let everything pass.
  if (!isPlainObject(gate))
    throw invalid(`it is ${describe(gate)}; write { accuracy: { min: 0.8 } }, the bar by score`);
  const {
    maxErrors = 0,
    minSamples = 1,
    maxCut,
    maxEmpty,
    perSample = {},
    vsBaseline,
    inconclusive = 'warn',
    ...scores
  } = gate as Omit<Gate, string> & Pick<Gate, keyof Omit<CheckedGate, 'scores'>>;
  for (const [option, most] of Object.entries({ maxErrors, maxCut, maxEmpty }))
    if (most !== undefined && !(Number.isFinite(most) && most >= 0 && (most < 1 || Number.isInteger(most))))
      throw invalid(`${option} is ${describe(most)}; it must be a share below 1 or a whole number`);
  if (!(minSamples >= 1 && Number.isInteger(minSamples)))
    throw invalid(`minSamples is ${describe(minSamples)}; it must be a whole number of at least 1`);
  if (!['pass', 'warn', 'fail'].includes(inconclusive))
    throw invalid(`inconclusive is ${JSON.stringify(inconclusive)}; it must be 'pass', 'warn' or 'fail'`);
  requirePerSample(perSample);
  if (vsBaseline !== undefined) requireBaseline(vsBaseline);
  const demands = Object.entries(scores as Record<string, ScoreGate | number | undefined>);
  return {
    maxErrors,
    minSamples,
    maxCut,
    maxEmpty,
    perSample,
    vsBaseline,
    inconclusive,
    scores: demands.flatMap(([name, demand]) =>
      demand === undefined ? [] : [[name, checked(name, demand)]],
    ),
  };
}

function checked(name: string, demand: ScoreGate | number): ScoreGate {
  const given = (isPlainObject(demand) ? demand : {}) as { min?: unknown; by?: unknown };
  refuseUnknown(name, given, ['min', 'by']);
  const isKnown = given.by === undefined || ['lower95', 'mean', 'upper95'].includes(given.by as string);
  if (Number.isFinite(given.min) && isKnown) {
    requireRange(name, given.min as number);
    return demand as ScoreGate;
  }
  throw new ModelProviderError(
    'EVAL_INVALID',
    `gate: ${name} is ${describe(demand)}; write { min: 0.8, by: 'lower95' }, by being lower95, mean or upper95.`,
  );
}

function requirePerSample(perSample: unknown): void {
  if (!isPlainObject(perSample) || !Object.values(perSample).every(Number.isFinite))
    throw invalid(`perSample is ${describe(perSample)}; write { accuracy: 0.5 }, the least value by score`);
  for (const [name, least] of Object.entries(perSample)) requireRange(name, least as number);
}

function requireBaseline(vsBaseline: unknown): void {
  const given = (isPlainObject(vsBaseline) ? vsBaseline : {}) as {
    run?: unknown;
    maxDrop?: unknown;
    allowReplayed?: unknown;
  };
  refuseUnknown('vsBaseline', given, ['run', 'maxDrop', 'allowReplayed']);
  const isDrop =
    given.maxDrop === undefined || (Number.isFinite(given.maxDrop) && Number(given.maxDrop) >= 0);
  const { run, allowReplayed = false } = given;
  if (typeof run === 'string' && run !== '' && isDrop && typeof allowReplayed === 'boolean') return;
  throw invalid(
    `vsBaseline is ${describe(vsBaseline)}; write { run: 'name', maxDrop: 0.02 }, and allowReplayed: true or false`,
  );
}

/** A bar that no answer can miss, or that none can reach, decides nothing. */
function requireRange(name: string, bar: number): void {
  if (!fromZeroToOne.has(name) || (bar >= 0 && bar <= 1)) return;
  throw invalid(`the bar of ${name} is ${bar}; its values go from 0 to 1, so that 0.8 is 80 %`);
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isPlainObject(value))
    return `a ${Object.prototype.toString.call(value).slice(8, -1)}`;
  return showValue(value);
}

function refuseUnknown(name: string, given: object, known: readonly string[]): void {
  const problem = unknownOption(given, known);
  if (problem !== undefined) throw invalid(`${name}: ${problem}`);
}

function invalid(what: string): ModelProviderError {
  return new ModelProviderError('EVAL_INVALID', `gate: ${what}.`);
}
